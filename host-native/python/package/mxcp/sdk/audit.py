"""Details that code adds to the audit record of its call."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal

from mxcp._engine.context import CURRENT


@dataclass(frozen=True)
class EventSpan:
    """When something began."""

    started_at: datetime
    _clock: float

    def duration_ms(self) -> int:
        """Milliseconds since then."""
        return round((time.monotonic() - self._clock) * 1000)


@dataclass(frozen=True)
class ExecutionEvent:
    """Something that a call did, as the request to another service."""

    kind: str
    started_at: str
    duration_ms: int
    status: str
    target: str | None = None
    operation: str | None = None
    summary: str | None = None
    error: str | None = None
    details: dict[str, Any] | None = None


def begin_execution_event() -> EventSpan:
    """Notes when something begins."""
    return EventSpan(datetime.now(timezone.utc), time.monotonic())


def add_execution_event(
    *,
    span: EventSpan,
    kind: str = "external",
    status: Literal["success", "error"] = "success",
    target: str | None = None,
    operation: str | None = None,
    summary: str | None = None,
    error: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Notes what began with `span` and ended now. Does nothing outside of a call."""
    context = CURRENT.get()
    if context is None or context.call is None:
        return
    if context.events is None:
        context.events = []
    started = span.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event = ExecutionEvent(
        kind, started, span.duration_ms(), status, target, operation, summary, error, details
    )
    context.events.append(event)
    note = dict(vars(event))
    try:
        context.call.note(note)
    except (TypeError, ValueError):
        # What has no JSON form is no reason to fail, nor to record nothing.
        context.call.note({**note, "details": None if details is None else repr(details)})


def get_execution_events() -> list[ExecutionEvent] | None:
    """What was noted of the call that runs; none outside of one."""
    context = CURRENT.get()
    if context is None or context.call is None:
        return None
    return list(context.events or [])
