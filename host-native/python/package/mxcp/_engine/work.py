"""A coroutine on its way to an event loop, or on it."""

from __future__ import annotations

import threading
import time
from contextvars import copy_context
from typing import TYPE_CHECKING

from mxcp._engine.context import CURRENT
from mxcp._engine.describe import log_error
from mxcp._engine.errors import AwaitsInput, CallCancelled
from mxcp._engine.outcome import settle

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Awaitable, Callable

    from mxcp._engine.context import Context
    from mxcp._engine.loop import Loop


class Work:
    """A coroutine that any loop may run, and one does."""

    def __init__(
        self,
        start: Callable[[], Awaitable[object]],
        context: Context,
        done: Callable[[object, BaseException | None], None],
    ) -> None:
        self.loop: Loop | None = None
        self.posted = 0.0
        self.begun = False
        self._start = start
        self._context = context
        self._done = done
        # Held by whoever begins the work, for good: it may lie on several loops at once.
        self._claim = threading.Lock()
        self._cancelled = False
        self._task: Task[object] | None = None

    def post(self) -> None:
        """Lays the work on its loop."""
        loop = self.loop
        assert loop is not None
        self.posted = time.monotonic()
        try:
            # Work never shares the values of context variables with other work.
            loop.asyncio.call_soon_threadsafe(self._begin, loop, context=copy_context())
        except RuntimeError as error:
            # The loop is closed. Work that lay on it never begins.
            if self._claim.acquire(blocking=False):
                self.begun = True
                self._tell(None, error)

    def cancel(self) -> None:
        """Takes the work back; `done` gets `CallCancelled` unless the coroutine ends otherwise."""
        self._cancelled = True
        task = self._task
        if task is not None:
            try:
                task.get_loop().call_soon_threadsafe(task.cancel)
            except RuntimeError:
                # The loop is closed, and with it the task ended.
                return

    def _begin(self, loop: Loop) -> None:
        loop.blocked = False
        if self.begun:
            return
        CURRENT.set(self._context)
        task = loop.asyncio.create_task(self._run(loop))
        task.add_done_callback(self._end)

    async def _run(self, loop: Loop) -> None:
        # The task may have waited behind one that blocks, and another loop have been faster.
        if not self._claim.acquire(blocking=False):
            return
        self.loop = loop
        self.begun = True
        self._task = _current_task(loop)
        # Whoever cancels either sees the task, or has been seen here.
        if self._cancelled or loop.closing:
            self._tell(None, CallCancelled())
            return
        result: object = None
        failure: BaseException | None = None
        try:
            result = await self._start()
        except Exception as error:
            failure = error
        except BaseException as error:
            # `asyncio` takes some exceptions for a reason to end the loop, so none goes further.
            failure = self._settle(error, loop)
        if self._context.awaits_input and not isinstance(failure, CallCancelled):
            result, failure = None, AwaitsInput()
        # Not when the task has ended: that is told after everything else that is ready, and may be blocking.
        self._tell(result, failure)

    def _settle(self, error: BaseException, loop: Loop) -> BaseException:
        if type(error).__name__ == "CancelledError" and (self._cancelled or loop.closing):
            return CallCancelled()
        settled = settle(error, self._context)
        if settled is not error:
            settled.__cause__ = error
        return settled

    def _end(self, task: Task[None]) -> None:
        """Hears of tasks that were cancelled before they began, when the loop closes."""
        if task.cancelled() and self._claim.acquire(blocking=False):
            self.begun = True
            self._tell(None, CallCancelled())

    def _tell(self, result: object, error: BaseException | None) -> None:
        try:
            self._done(result, error)
        except Exception as failure:
            log_error("the end of a call could not be told", failure)


def _current_task(loop: Loop) -> Task[object] | None:
    """The task that runs on a loop now."""
    import asyncio

    return asyncio.current_task(loop.asyncio)
