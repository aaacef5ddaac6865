"""Traces and metrics of a project's own.

The functions do nothing as long as telemetry is off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

Attributes = Mapping[str, Any]
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Span:
    """A stretch of time in a trace."""

    def set_attribute(self, key: str, value: Any) -> None:
        """Says something about it."""

    def record_exception(self, exception: BaseException) -> None:
        """Says that an error occurred in it."""

    def set_status(self, status: object) -> None:
        """Says how it ended."""

    def is_recording(self) -> bool:
        """Whether anything of it is kept."""
        return False


@contextmanager
def traced_operation(
    name: str, attributes: Attributes | None = None, kind: object = None
) -> Iterator[Span]:
    """Makes a span of what runs within `with`."""
    yield Span()


def is_telemetry_enabled() -> bool:
    """Whether anything is kept."""
    return False


def get_current_span() -> Span | None:
    """The span of what runs; none without a trace."""
    return None


def get_current_trace_id() -> str | None:
    """The id of the trace, 32 hexadecimal digits; none without a trace."""
    return None


def get_current_span_id() -> str | None:
    """The id of the span, 16 hexadecimal digits; none without a trace."""
    return None


def set_span_attribute(key: str, value: Any) -> None:
    """Says something about the current span."""


def record_exception(exception: BaseException) -> None:
    """Says that an error occurred in the current span."""


def record_counter(
    name: str, value: float = 1, attributes: Attributes | None = None, description: str = "", unit: str = "1"
) -> None:
    """Adds to a counter."""


def record_histogram(
    name: str, value: float, attributes: Attributes | None = None, description: str = "", unit: str = "s"
) -> None:
    """Adds a value to a distribution."""


def record_gauge(
    name: str, value: float, attributes: Attributes | None = None, description: str = "", unit: str = "1"
) -> None:
    """Sets a value that goes up and down."""


def increment_gauge(
    name: str, attributes: Attributes | None = None, description: str = "", unit: str = "1"
) -> None:
    """Adds one to a value that goes up and down."""


def decrement_gauge(
    name: str, attributes: Attributes | None = None, description: str = "", unit: str = "1"
) -> None:
    """Takes one from a value that goes up and down."""


def time_histogram(
    name: str, attributes: Attributes | None = None, description: str = "", unit: str = "s"
) -> Callable[[_Function], _Function]:
    """Adds how long each call of a function takes to a distribution."""
    return lambda function: function
