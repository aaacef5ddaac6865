"""What clients answer."""

from __future__ import annotations

from typing import Any

from mxcp.runtime._awaitable import Ready


class Elicited(Ready):
    """What a person made of a form.

    `action` is `accept`, `decline` or `cancel`. `content` is what was filled in: an instance of the
    class that described the form, or a dict; none unless `action` is `accept`.
    """

    __slots__ = ("action", "content")

    def __init__(self, action: str, content: Any) -> None:
        self.action = action
        self.content = content

    @property
    def accepted(self) -> bool:
        """Whether the form was filled in."""
        return self.action == "accept"

    def model_dump(self) -> dict[str, Any]:
        """The answer as a dict, which is what it is as the result of a function."""
        return {"action": self.action, "content": self.content}

    def __repr__(self) -> str:
        return f"Elicited(action={self.action!r}, content={self.content!r})"


class Sampled(Ready):
    """What the client's model wrote.

    `content` is the content as MCP writes it, and `text` the texts in it.
    """

    __slots__ = ("content", "model", "role", "stop_reason")

    def __init__(self, role: str, content: Any, model: str, stop_reason: str | None) -> None:
        self.role = role
        self.content = content
        self.model = model
        self.stop_reason = stop_reason

    @property
    def text(self) -> str:
        """The texts of the message, without anything else that it may have."""
        blocks = self.content if isinstance(self.content, list) else [self.content]
        return "".join(
            str(b.get("text", "")) for b in blocks if isinstance(b, dict) and b.get("type") == "text"
        )

    def model_dump(self) -> dict[str, Any]:
        """The message as a dict, which is what it is as the result of a function."""
        names = ("role", "content", "model", "stop_reason")
        return {name: getattr(self, name) for name in names}

    def __repr__(self) -> str:
        return f"Sampled(role={self.role!r}, text={self.text!r}, model={self.model!r})"


class Root:
    """A folder or file that the client works on."""

    __slots__ = ("name", "uri")

    def __init__(self, uri: str, name: str | None) -> None:
        self.uri = uri
        self.name = name

    def model_dump(self) -> dict[str, Any]:
        """The root as a dict, which is what it is as the result of a function."""
        return {"uri": self.uri, "name": self.name}

    def __repr__(self) -> str:
        return f"Root(uri={self.uri!r}, name={self.name!r})"


class Roots(list[Root], Ready):
    """The folders and files that the client works on."""

    __slots__ = ()
