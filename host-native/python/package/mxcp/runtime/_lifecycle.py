"""What happens between calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mxcp._engine.context import current_call
from mxcp._engine.hooks import INIT, SHUTDOWN

_HookFunction = TypeVar("_HookFunction", bound=Callable[[], object])


def on_init(function: _HookFunction) -> _HookFunction:
    """Has a function called when the project starts, and after each reload. It may be asynchronous."""
    INIT.add(function)
    return function


def on_shutdown(function: _HookFunction) -> _HookFunction:
    """Has a function called when the project ends, and before each reload. It may be asynchronous."""
    SHUTDOWN.add(function)
    return function


def reload_duckdb(payload_func: Callable[[], object] | None = None, description: str = "") -> None:
    """Asks for a reload of the project, and returns at once.

    When no call runs any more the database is closed, `payload_func` is called, which may replace
    the file of the database, and the project starts again.
    """
    call = current_call()
    if payload_func is not None and not callable(payload_func):
        raise ValueError("payload_func must be callable")
    call.reload(payload_func, description)
