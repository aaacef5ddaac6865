"""What is no text: sound, and several kinds of content at once."""

import base64
import json

from mxcp.content import Audio, Image, Resource, Text

SOUND = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="


def test_audio_content():
    return Audio(base64.b64decode(SOUND), "audio/wav")


def test_multiple_content_types():
    data = json.dumps({"test": "data", "value": 123})
    return [
        Text("Multiple content types test:"),
        Image(PIXEL, "image/png"),
        Resource("test://mixed-content-resource", data, "application/json"),
    ]
