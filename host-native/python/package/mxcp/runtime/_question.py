"""Puts questions to the client, whatever kind of code asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from mxcp._engine.context import CURRENT, OUTSIDE, Context
from mxcp._engine.errors import AwaitsInput
from mxcp.runtime._awaitable import Pending

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future

    from mxcp._engine.call import Call

T = TypeVar("T")

# How long the end of a call that awaits input is put off, in seconds: tasks that run beside the one that
# asked get to ask their own questions, and the client gets all of them at once.
_GATHER = 0.01


def put(method: str, params: dict[str, object], key: str | None, finish: Callable[[Any], T], what: str) -> T:
    """Asks the client. Gives the answer, or on a running event loop something to be awaited for it."""
    context = CURRENT.get()
    if context is None or context.call is None:
        raise RuntimeError(OUTSIDE)
    loop = _running_loop()
    if loop is not None:
        # Whatever is done with what is returned here before it is awaited says what is missing.
        return cast("T", Pending(_ask_soon(loop, context, context.call, method, params, key), finish, what))
    try:
        return finish(context.call.ask(method, params, key))
    except AwaitsInput:
        context.awaits_input = True
        raise


def _ask_soon(
    loop: AbstractEventLoop,
    context: Context,
    call: Call,
    method: str,
    params: dict[str, object],
    key: str | None,
) -> Future[Any]:
    future: Future[Any] = loop.create_future()

    def settle(answer: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(answer)
            return
        future.set_exception(error)
        # The call hears of it in any case: nobody has to await the answer.
        future.exception()

    def tell(answer: Any, error: BaseException | None) -> None:
        if isinstance(error, AwaitsInput):
            context.awaits_input = True
            loop.call_later(_GATHER, settle, answer, error)
        else:
            settle(answer, error)

    def done(answer: dict[str, object] | None, error: BaseException | None) -> None:
        try:
            loop.call_soon_threadsafe(tell, answer, error)
        except RuntimeError:
            # The loop was closed before the answer came, and with it everything that awaited it.
            return

    call.ask_soon(method, params, key, done)
    return future


def _running_loop() -> AbstractEventLoop | None:
    """The event loop that runs in this thread, if any."""
    import sys

    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is None:
        return None
    return cast("AbstractEventLoop | None", asyncio._get_running_loop())
