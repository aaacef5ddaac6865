"""What becomes of an exception: a text for the caller, the traceback for the log."""

from __future__ import annotations

from types import TracebackType

from mxcp._engine.errors import PluginError, ProcessExit, ResolveError, UdfError


def describe(error: BaseException) -> str:
    """Gives the text of an error for the caller, and logs its traceback, unless that is logged already."""
    if not isinstance(error, (PluginError, ResolveError)):
        # The engine's own exceptions say nothing of where the code failed; their causes do.
        cause = error.__cause__ if isinstance(error, (ProcessExit, UdfError)) else None
        log_error("Python code failed", cause or error)
    return text_of(error)


def text_of(error: BaseException) -> str:
    """The text of an error; the name of its class where it has none, or where making it fails."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return text or type(error).__name__


def log_error(message: str, error: BaseException) -> None:
    """Logs a message and the traceback of an error, without the frames of the engine."""
    from mxcp._engine.log import logger

    try:
        traceback = _of_user_code(error.__traceback__)
        logger().error("%s", message, exc_info=(type(error), error, traceback))
    except Exception:
        # An exception may be so broken that it can't be formatted: its class is better than nothing.
        logger().error("%s: %s", message, type(error).__name__)


def _of_user_code(traceback: TracebackType | None) -> TracebackType | None:
    """Drops the frames up to the engine's last; all stay if nothing would be left."""
    shown, frame = traceback, traceback
    while frame is not None:
        module = frame.tb_frame.f_globals.get("__name__", "")
        if isinstance(module, str) and module.startswith("mxcp._") and frame.tb_next is not None:
            shown = frame.tb_next
        frame = frame.tb_next
    return shown
