"""How a call ends whose code did not end as functions do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxcp._engine.errors import AwaitsInput, CallCancelled, ProcessExit

if TYPE_CHECKING:
    from mxcp._engine.context import Context


def settle(error: BaseException, context: Context) -> BaseException:
    """The exception to end a call with, for one that is no `Exception`.

    `SystemExit` and its kin become an error of the call. A question that was put off ends the call
    whatever the code made of the exception that should have ended it.
    """
    if isinstance(error, (CallCancelled, AwaitsInput)):
        return error
    if context.awaits_input:
        return AwaitsInput()
    text = str(error)
    name = type(error).__name__
    return ProcessExit(f"{name}: {text}" if text else name)
