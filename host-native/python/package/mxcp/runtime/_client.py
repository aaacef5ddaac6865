"""The client of a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mxcp._engine.context import CURRENT
from mxcp.runtime._answers import Elicited, Root, Roots, Sampled
from mxcp.runtime._awaitable import Sent
from mxcp.runtime._question import put

_SENT = Sent()


class Client:
    """Tells the client of a call something, or asks it.

    Everything works from plain and from asynchronous functions. Messages are sent at once; awaiting
    them is possible, and makes no difference. Questions block a plain function until the answer is
    there; an asynchronous one awaits the answer.
    """

    def debug(self, message: Any, *, logger_name: str | None = None, **extra: Any) -> Sent:
        """Sends a message that is of use when something is looked into."""
        return _log("debug", message, logger_name, extra)

    def info(self, message: Any, *, logger_name: str | None = None, **extra: Any) -> Sent:
        """Sends a message."""
        return _log("info", message, logger_name, extra)

    def warning(self, message: Any, *, logger_name: str | None = None, **extra: Any) -> Sent:
        """Sends a warning."""
        return _log("warning", message, logger_name, extra)

    def error(self, message: Any, *, logger_name: str | None = None, **extra: Any) -> Sent:
        """Sends a message about an error. The call goes on."""
        return _log("error", message, logger_name, extra)

    def progress(self, progress: float, total: float | None = None, message: str | None = None) -> Sent:
        """Says how far the call has come, to a client that wants to know."""
        context = CURRENT.get()
        if context is not None and context.call is not None:
            context.call.progress(float(progress), None if total is None else float(total), message)
        return _SENT

    def elicit(self, message: str, schema: Any, *, key: str | None = None) -> Elicited:
        """Asks the person at the client to fill in a form.

        `schema` is a JSON Schema of an object with plain properties, or a class with annotations
        that stands for one: a dataclass, a `TypedDict` or a pydantic model. `key` names the question
        among the questions of the call.
        """
        from mxcp.runtime._form import Form

        form = Form(schema)
        params: dict[str, object] = {"message": message, "requestedSchema": form.schema}

        def finish(answer: Mapping[str, Any]) -> Elicited:
            action = str(answer.get("action"))
            accepted = action == "accept"
            return Elicited(action, form.read(answer.get("content") or {}) if accepted else None)

        return put("elicitation/create", params, key, finish, "mcp.elicit(…)")

    def sample(
        self,
        messages: str | Sequence[Any],
        *,
        max_tokens: int = 1024,
        system_prompt: str | None = None,
        temperature: float | None = None,
        stop_sequences: Sequence[str] | None = None,
        model_preferences: Mapping[str, Any] | None = None,
        include_context: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        tools: Sequence[Mapping[str, Any]] | None = None,
        tool_choice: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Sampled:
        """Asks the client's model for a message.

        `messages` is a text, or a list of texts, of `(role, content)` and of messages as MCP writes
        them; content may be a text or a block of `mxcp.content`.
        """
        from mxcp.runtime._messages import wire_messages

        params: dict[str, object] = {"messages": wire_messages(messages), "maxTokens": max_tokens}
        given = {
            "systemPrompt": system_prompt,
            "temperature": temperature,
            "stopSequences": None if stop_sequences is None else list(stop_sequences),
            "modelPreferences": model_preferences,
            "includeContext": include_context,
            "metadata": metadata,
            "tools": None if tools is None else list(tools),
            "toolChoice": tool_choice,
        }
        params.update({name: value for name, value in given.items() if value is not None})

        def finish(answer: Mapping[str, Any]) -> Sampled:
            return Sampled(
                str(answer.get("role", "assistant")),
                answer.get("content"),
                str(answer.get("model", "")),
                answer.get("stopReason"),
            )

        return put("sampling/createMessage", params, key, finish, "mcp.sample(…)")

    def roots(self, *, key: str | None = None) -> Roots:
        """Asks which folders and files the client works on."""

        def finish(answer: Mapping[str, Any]) -> Roots:
            return Roots(Root(str(root.get("uri")), root.get("name")) for root in answer.get("roots") or [])

        return put("roots/list", {}, key, finish, "mcp.roots()")


def _log(level: str, message: Any, logger: str | None, extra: dict[str, Any]) -> Sent:
    context = CURRENT.get()
    if context is not None and context.call is not None:
        call = context.call
        if extra and not call.transport.startswith("cli"):
            raise TypeError(f"mcp.{level}() got an unexpected keyword argument '{next(iter(extra))}'")
        call.log(level, message, logger)
    return _SENT
