"""Traces and metrics of a project's own.

The functions do nothing as long as telemetry is off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Attributes = Mapping[str, Any]


class Span:
    """A stretch of time in a trace."""

    def set_attribute(self, key: str, value: Any) -> None:
        """Says something about it."""

    def record_exception(self, error: BaseException) -> None:
        """Says that an error occurred in it."""


@contextmanager
def traced_operation(name: str, attributes: Attributes | None = None) -> Iterator[Span]:
    """Makes a span of what runs within `with`."""
    yield Span()


def get_current_trace_id() -> str | None:
    """The id of the trace, 32 hexadecimal digits; none without a trace."""
    return None


def get_current_span_id() -> str | None:
    """The id of the span, 16 hexadecimal digits; none without a trace."""
    return None


def set_span_attribute(key: str, value: Any) -> None:
    """Says something about the current span."""


def record_exception(error: BaseException) -> None:
    """Says that an error occurred in the current span."""


def record_counter(name: str, value: float = 1, attributes: Attributes | None = None) -> None:
    """Adds to a counter."""


def record_histogram(name: str, value: float, attributes: Attributes | None = None) -> None:
    """Adds a value to a distribution."""


def record_gauge(name: str, value: float, attributes: Attributes | None = None) -> None:
    """Sets a value that goes up and down."""


def increment_gauge(name: str, value: float = 1, attributes: Attributes | None = None) -> None:
    """Adds to a value that goes up and down."""


def decrement_gauge(name: str, value: float = 1, attributes: Attributes | None = None) -> None:
    """Takes from a value that goes up and down."""
