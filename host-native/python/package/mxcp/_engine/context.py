"""What the code of a call finds out about the call."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mxcp._engine.call import Call
    from mxcp._engine.engine import Engine
    from mxcp.sdk.audit import ExecutionEvent
    from mxcp.sdk.auth.models import UserContextModel
    from mxcp.sdk.executor import ExecutionContext

OUTSIDE = "No execution context available - function not called from MXCP executor"


class Context:
    """The call that code runs in, and the generation of the project that it belongs to.

    The attributes with defaults are filled in by those who need them: making a context has to be cheap.
    """

    user: UserContextModel | None = None
    execution: ExecutionContext | None = None
    events: list[ExecutionEvent] | None = None
    # Whether a question was put off: whatever the function does then, it is called again.
    awaits_input = False

    def __init__(self, engine: Engine, call: Call | None) -> None:
        self.engine = engine
        self.call = call


# Follows the code into `asyncio` tasks and `asyncio.to_thread`, and not into bare threads.
CURRENT: ContextVar[Context | None] = ContextVar("mxcp_context", default=None)


def current_call() -> Call:
    """The call that runs. Raises `RuntimeError` outside of one."""
    context = CURRENT.get()
    if context is None or context.call is None:
        raise RuntimeError(OUTSIDE)
    return context.call
