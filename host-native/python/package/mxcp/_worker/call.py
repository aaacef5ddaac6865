"""A call as the functions of a project see it: what they may know, and what the host does for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mxcp._engine import AskFailed, AskUnsupported, AwaitsInput, CallCancelled, SqlFailure
from mxcp._worker.encode import Walker

if TYPE_CHECKING:
    from mxcp._worker.payloads import Payloads
    from mxcp._worker.pipe import Answer, Pipe

_OVER = "the call that this belongs to has ended"


class PipeCall:
    """One call of the host."""

    def __init__(self, pipe: Pipe, payloads: Payloads, number: int, facts: dict[str, Any]) -> None:
        self.request_id: str = facts["request_id"]
        self.transport: str = facts["transport"]
        self.session_id: str | None = facts["session_id"]
        self.user: dict[str, object] | None = facts["user"]
        self.headers: dict[str, object] | None = facts["headers"]
        self.telemetry: dict[str, str | None] | None = facts["telemetry"]
        self._pipe = pipe
        self._payloads = payloads
        self._number = number
        self._ended = False

    def end(self) -> None:
        """What code that outlives the call asks from now on is refused."""
        self._ended = True

    def execute(
        self, sql: str, parameters: dict[str, object] | list[object] | None
    ) -> list[dict[str, object]]:
        """Runs SQL, and gives the rows of its last statement."""
        bound = Walker(typed=True, floats=True).walk(parameters)
        answer = self._ask({"do": "execute", "sql": sql, "parameters": bound})
        columns = answer["columns"]
        return [dict(zip(columns, row)) for row in answer["rows"]]

    def log(self, level: str, data: object, logger: str | None) -> None:
        """Tells the client something."""
        if not self._ended:
            try:
                said = Walker(typed=False).walk(data)
            except (TypeError, ValueError):
                # Something to log is no reason to fail.
                said = f"<{type(data).__name__}>"
            self._pipe.send(
                {"say": "log", "call": self._number, "level": level, "data": said, "logger": logger}
            )

    def note(self, note: dict[str, object]) -> None:
        """Adds something to the audit record of the call."""
        if not self._ended:
            self._pipe.send({"say": "note", "call": self._number, "note": Walker(typed=True).walk(note)})

    def progress(self, progress: float, total: float | None, message: str | None) -> None:
        """Tells the client how far the call is."""
        if not self._ended:
            walk = Walker(typed=True)
            self._pipe.send(
                {
                    "say": "progress",
                    "call": self._number,
                    "progress": walk.walk(progress),
                    "total": walk.walk(total),
                    "message": message,
                }
            )

    def report(self, kind: str, what: dict[str, object]) -> None:
        """Tells of the call's own work."""
        if not self._ended:
            self._pipe.send({"say": "report", "call": self._number, "kind": kind, "what": what})

    def ask(self, method: str, params: dict[str, object], key: str | None) -> dict[str, object]:
        """Asks the client something, and waits for the answer."""
        result = self._ask(_question(method, params, key))["result"]
        assert isinstance(result, dict)
        return result

    def ask_soon(
        self,
        method: str,
        params: dict[str, object],
        key: str | None,
        done: Callable[[dict[str, object] | None, BaseException | None], None],
    ) -> None:
        """Asks the client something; `done` gets the answer, or why there is none."""
        self._check()

        def answered(answer: Answer) -> None:
            error = _failure(answer)
            if error is None:
                done(answer["result"], None)
            else:
                done(None, error)

        self._pipe.ask_soon(self._number, _question(method, params, key), answered)

    def reload(self, payload: Callable[[], object] | None, description: str) -> None:
        """Asks for a reload, in the course of which the host has `payload` called here."""
        self._check()
        number = None if payload is None else self._payloads.keep(payload)
        try:
            self._ask({"do": "reload", "payload": number, "description": description})
        except BaseException:
            if number is not None:
                self._payloads.forget(number)
            raise

    def _ask(self, question: dict[str, Any]) -> Answer:
        self._check()
        answer = self._pipe.ask(self._number, question)
        error = _failure(answer)
        if error is not None:
            raise error
        return answer

    def _check(self) -> None:
        if self._ended:
            raise RuntimeError(_OVER)


def _question(method: str, params: dict[str, object], key: str | None) -> dict[str, Any]:
    return {"do": "ask", "method": method, "params": Walker(typed=False).walk(params), "key": key}


def _failure(answer: Answer) -> BaseException | None:
    kind = answer.get("failed")
    if kind is None:
        return None
    text = answer["text"]
    if kind == "sql":
        return SqlFailure(text)
    if kind == "unsupported":
        return AskUnsupported(text)
    if kind == "ask":
        return AskFailed(text)
    if kind == "input":
        return AwaitsInput(text)
    if kind == "cancelled":
        return CallCancelled(text)
    return RuntimeError(text)
