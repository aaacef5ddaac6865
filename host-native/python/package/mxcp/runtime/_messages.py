"""Messages for the client's model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mxcp._engine.simplify import simplify


def wire_messages(messages: str | Sequence[Any]) -> list[dict[str, object]]:
    """Messages as MCP writes them."""
    if isinstance(messages, str):
        return [_message("user", messages)]
    return [_wire(message) for message in messages]


def _wire(message: Any) -> dict[str, object]:
    if isinstance(message, Mapping):
        return _message(str(message.get("role", "user")), message.get("content"))
    if isinstance(message, tuple) and len(message) == 2 and isinstance(message[0], str):
        return _message(message[0], message[1])
    return _message("user", message)


def _message(role: str, content: Any) -> dict[str, object]:
    if isinstance(content, (list, tuple)):
        return {"role": role, "content": [_content(block) for block in content]}
    return {"role": role, "content": _content(content)}


def _content(block: Any) -> object:
    if isinstance(block, str):
        return {"type": "text", "text": block}
    if isinstance(block, dict):
        return block
    block = simplify(block, typed=True)
    if not isinstance(block, dict):
        raise TypeError(f"content of a message must be a text or a content block, not {type(block).__name__}")
    return block
