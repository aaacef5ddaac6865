"""A call as the host hands it over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Call(Protocol):
    """One call: who makes it, and what its code may ask of the host while it runs.

    After it has ended its methods raise `RuntimeError`, except `log`, `progress` and `report`, which do
    nothing.
    """

    @property
    def request_id(self) -> str:
        """Unique id of the call, for logs."""

    @property
    def transport(self) -> str:
        """The door it came through: `cli`, `cli-query`, `stdio` or `streamable-http`."""

    @property
    def session_id(self) -> str | None:
        """The MCP session, if there is one."""

    @property
    def user(self) -> dict[str, object] | None:
        """The fields of the user; none without authentication."""

    @property
    def headers(self) -> dict[str, object] | None:
        """Headers of the request, if it has any."""

    @property
    def telemetry(self) -> dict[str, str | None] | None:
        """None if nothing is traced or measured; else `trace_id` and `span_id` of the call, if it is traced."""

    def execute(
        self, sql: str, parameters: dict[str, object] | list[object] | None
    ) -> list[dict[str, object]]:
        """Runs SQL and blocks until it has the rows of the last statement. Raises `SqlFailure`."""

    def log(self, level: str, data: object, logger: str | None) -> None:
        """Tells the client something. Never blocks."""

    def progress(self, progress: float, total: float | None, message: str | None) -> None:
        """Tells the client how far the call has come. Never blocks."""

    def report(self, kind: str, what: dict[str, object]) -> None:
        """Tells of the call's own work: a `span`, `attributes`, an `exception` or a `measure`, as JSON. Never blocks."""

    def note(self, note: dict[str, object]) -> None:
        """Adds something to the audit record of the call. Never blocks."""

    def ask(self, method: str, params: dict[str, object], key: str | None) -> dict[str, object]:
        """Asks the client and blocks until it answers.

        Raises `AskFailed`, `AskUnsupported` or `AwaitsInput`.
        """

    def ask_soon(
        self,
        method: str,
        params: dict[str, object],
        key: str | None,
        done: Callable[[dict[str, object] | None, BaseException | None], None],
    ) -> None:
        """Asks the client. `done` gets the answer, or what `ask` would raise, on any thread."""

    def reload(self, payload: Callable[[], object] | None, description: str) -> None:
        """Puts a reload of the project into the queue. Raises `RuntimeError` where nothing is served."""
