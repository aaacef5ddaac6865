"""Traces and metrics of a project's own.

The functions do nothing as long as telemetry is off, and outside of calls.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from functools import wraps
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeVar, cast

from mxcp._engine.context import CURRENT
from mxcp._engine.errors import AwaitsInput

if TYPE_CHECKING:
    from mxcp._engine.call import Call

Attributes = Mapping[str, Any]
_Function = TypeVar("_Function", bound=Callable[..., Any])
_SCALES = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0}
_INTEGERS = range(-(2**63), 2**63)


class StatusCode(Enum):
    """How a span ended, as OpenTelemetry has it."""

    UNSET = 0
    OK = 1
    ERROR = 2


class Status:
    """How a span ended, and why."""

    def __init__(self, status_code: StatusCode = StatusCode.UNSET, description: str | None = None) -> None:
        self.status_code = status_code
        self.description = description


class SpanKind(Enum):
    """What part a span has in a conversation of programs, as OpenTelemetry has it."""

    INTERNAL = 0
    SERVER = 1
    CLIENT = 2
    PRODUCER = 3
    CONSUMER = 4


class Span:
    """A stretch of time in a trace."""

    def set_attribute(self, key: str, value: Any) -> None:
        """Says something about it."""

    def record_exception(self, exception: BaseException) -> None:
        """Says that an error occurred in it."""

    def set_status(self, status: object, description: str | None = None) -> None:
        """Says how it ended: a `Status` or its code, OpenTelemetry's included, or `OK` or `ERROR` as a text.

        The description is not kept.
        """

    def is_recording(self) -> bool:
        """Whether anything of it is kept."""
        return False


class _CallSpan(Span):
    """The span of a call's function."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def set_attribute(self, key: str, value: Any) -> None:
        self._call.report("attributes", {"attributes": _clean({key: value})})

    def record_exception(self, exception: BaseException) -> None:
        self._call.report("exception", _exception(exception))

    def is_recording(self) -> bool:
        return True


class _OwnSpan(Span):
    """A span that code makes."""

    def __init__(self, call: Call, name: str, attributes: Attributes | None, parent: str | None) -> None:
        self.id = os.urandom(8).hex()
        self.call = call
        self._name = str(name)
        self._parent = parent
        self._begun = time.time_ns()
        self._clock = time.perf_counter_ns()
        self._attributes: dict[str, object] = _clean(attributes)
        self._exceptions: list[dict[str, object]] = []
        self.failed: bool | None = None
        self._ended = False

    def set_attribute(self, key: str, value: Any) -> None:
        self._attributes.update(_clean({key: value}))

    def record_exception(self, exception: BaseException) -> None:
        self._exceptions.append(_exception(exception))

    def set_status(self, status: object, description: str | None = None) -> None:
        code = getattr(status, "status_code", status)
        word = str(getattr(code, "name", code)).upper()
        if word in ("OK", "ERROR"):
            self.failed = word == "ERROR"

    def is_recording(self) -> bool:
        return not self._ended

    def end(self) -> None:
        """It ends now, by a clock that nobody sets."""
        self._ended = True
        self.call.report(
            "span",
            {
                "name": self._name,
                "id": self.id,
                "parent": self._parent,
                "begun": self._begun,
                "ended": self._begun + time.perf_counter_ns() - self._clock,
                "attributes": self._attributes,
                "exceptions": self._exceptions,
                "failed": self.failed,
            },
        )


_SPAN: ContextVar[_OwnSpan | None] = ContextVar("mxcp_span", default=None)


@contextmanager
def traced_operation(
    name: str, attributes: Attributes | None = None, kind: object = None
) -> Iterator[Span]:
    """Makes a span of what runs within `with`. It is kept as an internal one, whatever its kind."""
    call = _traced_call()
    if call is None:
        yield Span()
        return
    around = _SPAN.get()
    parent = around.id if around is not None and around.call is call else None
    span = _OwnSpan(call, name, attributes, parent)
    token = _SPAN.set(span)
    try:
        yield span
    except AwaitsInput:
        raise
    except BaseException as error:
        span.record_exception(error)
        span.failed = True
        raise
    finally:
        _SPAN.reset(token)
        span.end()


def is_telemetry_enabled() -> bool:
    """Whether anything is kept."""
    return _call() is not None


def get_current_span() -> Span | None:
    """The span of what runs; none without a trace."""
    call = _traced_call()
    if call is None:
        return None
    span = _SPAN.get()
    return span if span is not None and span.call is call else _CallSpan(call)


def get_current_trace_id() -> str | None:
    """The id of the trace, 32 hexadecimal digits; none without a trace."""
    call = _traced_call()
    return None if call is None or call.telemetry is None else call.telemetry["trace_id"]


def get_current_span_id() -> str | None:
    """The id of the span, 16 hexadecimal digits; none without a trace."""
    call = _traced_call()
    if call is None or call.telemetry is None:
        return None
    span = _SPAN.get()
    return span.id if span is not None and span.call is call else call.telemetry["span_id"]


def set_span_attribute(key: str, value: Any) -> None:
    """Says something about the current span."""
    span = get_current_span()
    if span is not None:
        span.set_attribute(key, value)


def record_exception(exception: BaseException) -> None:
    """Says that an error occurred in the current span."""
    span = get_current_span()
    if span is not None:
        span.record_exception(exception)


def record_counter(
    name: str, value: float = 1, attributes: Attributes | None = None, description: str = "", unit: str = "1"
) -> None:
    """Adds to a counter."""
    _measure("counter", name, value, attributes, description, unit)


def record_histogram(
    name: str, value: float, attributes: Attributes | None = None, description: str = "", unit: str = "s"
) -> None:
    """Adds a value to a distribution."""
    _measure("histogram", name, value, attributes, description, unit)


def record_gauge(
    name: str, value: float, attributes: Attributes | None = None, description: str = "", unit: str = "1"
) -> None:
    """Sets a value that goes up and down."""
    _measure("gauge", name, value, attributes, description, unit)


def increment_gauge(
    name: str, attributes: Attributes | None = None, description: str = "", unit: str = "1"
) -> None:
    """Adds one to a value that goes up and down. Its name is another than that of a value that is set."""
    _measure("up_down_counter", name, 1, attributes, description, unit)


def decrement_gauge(
    name: str, attributes: Attributes | None = None, description: str = "", unit: str = "1"
) -> None:
    """Takes one from a value that goes up and down. Its name is another than that of a value that is set."""
    _measure("up_down_counter", name, -1, attributes, description, unit)


def time_histogram(
    name: str, attributes: Attributes | None = None, description: str = "", unit: str = "s"
) -> Callable[[_Function], _Function]:
    """Adds how long each call of a function takes to a distribution."""

    def record(begun: int) -> None:
        taken = (time.perf_counter_ns() - begun) / _SCALES.get(unit, 1e9)
        record_histogram(name, taken, attributes, description, unit)

    def decorate(function: _Function) -> _Function:
        if iscoroutinefunction(function):

            @wraps(function)
            async def timed_soon(*args: Any, **kwargs: Any) -> Any:
                begun = time.perf_counter_ns()
                try:
                    return await function(*args, **kwargs)
                finally:
                    record(begun)

            return cast(_Function, timed_soon)

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            begun = time.perf_counter_ns()
            try:
                return function(*args, **kwargs)
            finally:
                record(begun)

        return cast(_Function, timed)

    return decorate


def _call() -> Call | None:
    """The call that runs, if anything of it is kept."""
    context = CURRENT.get()
    call = None if context is None else context.call
    return None if call is None or call.telemetry is None else call


def _traced_call() -> Call | None:
    call = _call()
    return None if call is None or call.telemetry is None or call.telemetry["trace_id"] is None else call


def _measure(
    instrument: str, name: str, value: float, attributes: Attributes | None, description: str, unit: str
) -> None:
    call = _call()
    number = float(value)
    if call is None or not math.isfinite(number):
        return
    call.report(
        "measure",
        {
            "instrument": instrument,
            "name": str(name),
            "value": number,
            "attributes": _clean(attributes),
            "description": str(description),
            "unit": str(unit),
        },
    )


def _exception(exception: BaseException) -> dict[str, object]:
    return {"class": type(exception).__name__, "message": str(exception), "at": time.time_ns()}


def _clean(attributes: Attributes | None) -> dict[str, object]:
    """Attributes as values that every collector takes."""
    return {str(key): _value(value) for key, value in (attributes or {}).items() if value is not None}


def _value(value: object) -> object:
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and value in _INTEGERS:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    return str(value)
