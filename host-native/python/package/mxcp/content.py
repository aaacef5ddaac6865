"""Content that functions return beside texts: images, sounds, resources.

A function returns one of these or a list of them, mixed with texts as it likes.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Content:
    """What all content has in common."""

    annotations: Mapping[str, Any] | None = field(default=None, kw_only=True)
    """`audience`, `priority` and `lastModified`, as MCP writes them."""
    meta: Mapping[str, Any] | None = field(default=None, kw_only=True)
    """The `_meta` of MCP."""

    def to_wire(self) -> dict[str, object]:
        """The block as MCP writes it."""
        return {
            name: value for name, value in {**self._block(), **self._extras()}.items() if value is not None
        }

    def _block(self) -> dict[str, object]:
        raise NotImplementedError

    def _extras(self) -> dict[str, object]:
        annotations = None if self.annotations is None else dict(self.annotations)
        return {"annotations": annotations, "_meta": None if self.meta is None else dict(self.meta)}


@dataclass(frozen=True)
class Text(Content):
    """A text."""

    text: str

    def _block(self) -> dict[str, object]:
        return {"type": "text", "text": self.text}


@dataclass(frozen=True)
class Image(Content):
    """An image: its bytes, or the same in base64."""

    data: bytes | str = field(repr=False)
    mime_type: str = "image/png"

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], mime_type: str | None = None) -> Image:
        """Reads a file. Its name says what kind of image it is, if `mime_type` does not."""
        return cls(_read(path), mime_type or _guess(path, "image/png"))

    def _block(self) -> dict[str, object]:
        return {"type": "image", "data": _base64(self.data), "mimeType": self.mime_type}


@dataclass(frozen=True)
class Audio(Content):
    """A sound: its bytes, or the same in base64."""

    data: bytes | str = field(repr=False)
    mime_type: str = "audio/wav"

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], mime_type: str | None = None) -> Audio:
        """Reads a file. Its name says what kind of sound it is, if `mime_type` does not."""
        return cls(_read(path), mime_type or _guess(path, "audio/wav"))

    def _block(self) -> dict[str, object]:
        return {"type": "audio", "data": _base64(self.data), "mimeType": self.mime_type}


@dataclass(frozen=True)
class Resource(Content):
    """A resource with its contents: a text, or bytes."""

    uri: str
    contents: str | bytes = field(repr=False)
    mime_type: str | None = None

    def _block(self) -> dict[str, object]:
        resource: dict[str, object] = {"uri": self.uri}
        if self.mime_type is not None:
            resource["mimeType"] = self.mime_type
        if isinstance(self.contents, str):
            resource["text"] = self.contents
        else:
            resource["blob"] = _base64(self.contents)
        return {"type": "resource", "resource": resource}


@dataclass(frozen=True)
class ResourceLink(Content):
    """A resource that the client may read by itself."""

    uri: str
    name: str
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None
    size: int | None = None
    """In bytes."""

    def _block(self) -> dict[str, object]:
        return {
            "type": "resource_link",
            "uri": self.uri,
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "mimeType": self.mime_type,
            "size": self.size,
        }


def _base64(data: bytes | str) -> str:
    return data if isinstance(data, str) else base64.b64encode(data).decode("ascii")


def _read(path: str | os.PathLike[str]) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _guess(path: str | os.PathLike[str], otherwise: str) -> str:
    import mimetypes

    return mimetypes.guess_type(os.fspath(path))[0] or otherwise
