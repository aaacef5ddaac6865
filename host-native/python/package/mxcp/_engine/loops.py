"""Event loops for the coroutines of a project.

All of them run on one loop, many at a time. A coroutine that blocks, as `time.sleep` and
`db.execute` do, would make the others wait; so a coroutine that its loop has not begun after a tenth
of a second begins on a spare loop instead.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from mxcp._engine.errors import AwaitsInput, CallCancelled
from mxcp._engine.outcome import settle

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from collections.abc import Awaitable, Callable

    from mxcp._engine.context import Context

# How long a loop may leave work lying about before it counts as blocked, in seconds.
_PATIENCE = 0.1
# Rounds without work after which the watch sleeps until there is some.
_IDLE_ROUNDS = 20
# More loops than this block only where a project does nothing else.
_MOST_LOOPS = 32
# How long work that is left over may take to end when the loops are closed, in seconds.
_FAREWELL = 5.0


class Loops:
    """The loops of one generation. They start when they are first needed."""

    def __init__(self) -> None:
        self._loops: list[_Loop] = []
        self._waiting: deque[Work] = deque()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._watch: threading.Thread | None = None
        self._closed = False

    def submit(
        self,
        start: Callable[[], Awaitable[object]],
        context: Context,
        done: Callable[[object, BaseException | None], None],
    ) -> Work:
        """Has a loop call `start` and await what it gives; `done` hears of the end, on the loop's thread."""
        work = Work(start, context, done)
        work.loop = self._pick()
        self._waiting.append(work)
        if not self._wake.is_set():
            self._wake.set()
        work.post()
        return work

    def wait(self, start: Callable[[], Awaitable[object]], context: Context) -> object:
        """Awaits on a loop and blocks this thread until the end."""
        ended = threading.Event()
        outcome: list[tuple[object, BaseException | None]] = []

        def done(result: object, error: BaseException | None) -> None:
            outcome.append((result, error))
            ended.set()

        work = self.submit(start, context, done)
        try:
            # An exception that is raised in this thread from outside shows between two waits only.
            while not ended.wait(_PATIENCE):
                pass
        except BaseException:
            work.cancel()
            raise
        result, error = outcome[0]
        if error is not None:
            raise error
        return result

    def close(self) -> None:
        """Cancels what still runs and ends the loops. One that is blocked is left to itself."""
        with self._lock:
            self._closed = True
            loops, self._loops = self._loops, []
        self._wake.set()
        deadline = time.monotonic() + _FAREWELL
        for loop in loops:
            loop.close()
        for loop in loops:
            if loop.thread is not threading.current_thread():
                loop.thread.join(max(0.0, deadline - time.monotonic()))

    def _pick(self) -> _Loop:
        """The first loop that is not known to be blocked; the first of all if there can be none."""
        for loop in self._loops:
            if not loop.blocked:
                return loop
        with self._lock:
            for loop in self._loops:
                if not loop.blocked:
                    return loop
            if self._closed:
                raise RuntimeError("the event loop is closed")
            if self._watch is None:
                self._watch = threading.Thread(target=self._run_watch, name="mxcp-watch", daemon=True)
                self._watch.start()
            if len(self._loops) < _MOST_LOOPS:
                name = f"mxcp-asyncio-{len(self._loops)}"
                self._loops.append(_Loop(name))
                return self._loops[-1]
            return self._loops[0]

    def _run_watch(self) -> None:
        """Looks after work that its loop does not begin, for as long as there is any."""
        idle = 0
        while not self._closed:
            if idle >= _IDLE_ROUNDS:
                self._wake.wait()
            self._wake.clear()
            time.sleep(_PATIENCE)
            idle = 0 if self._waiting else idle + 1
            self._rescue(time.monotonic() - _PATIENCE)

    def _rescue(self, before: float) -> None:
        """Gives work that was posted before a moment, and has not begun, to another loop."""
        for _ in range(len(self._waiting)):
            work = self._waiting.popleft()
            if work.begun:
                continue
            if work.posted < before and work.loop is not None:
                work.loop.blocked = True
                try:
                    other = self._pick()
                except RuntimeError:
                    return
                if other is not work.loop:
                    work.loop = other
                    work.post()
            self._waiting.append(work)


class Work:
    """A coroutine on its way to a loop, or on it."""

    def __init__(
        self,
        start: Callable[[], Awaitable[object]],
        context: Context,
        done: Callable[[object, BaseException | None], None],
    ) -> None:
        self.loop: _Loop | None = None
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
                self._done(None, error)

    def cancel(self) -> None:
        """Takes the work back; `done` gets `CallCancelled` unless the coroutine ends otherwise."""
        self._cancelled = True
        task, loop = self._task, self.loop
        if task is not None and loop is not None:
            try:
                loop.asyncio.call_soon_threadsafe(task.cancel)
            except RuntimeError:
                # The loop is closed, and with it the task ended.
                return

    def _begin(self, loop: _Loop) -> None:
        loop.blocked = False
        if not self._claim.acquire(blocking=False):
            return
        from mxcp._engine.context import CURRENT

        self.loop = loop
        self.begun = True
        CURRENT.set(self._context)
        self._task = loop.asyncio.create_task(self._run())
        self._task.add_done_callback(self._end)
        # Whoever cancels either sees the task, or has been seen here.
        if self._cancelled or loop.closing:
            self._task.cancel()

    async def _run(self) -> object:
        try:
            result = await self._start()
        except Exception:
            raise
        except BaseException as error:
            # `asyncio` takes some exceptions for a reason to end the loop.
            if self._is_cancellation(error):
                raise
            raise settle(error, self._context) from error
        return result

    def _end(self, task: Task[object]) -> None:
        result: object = None
        error: BaseException | None
        if task.cancelled():
            error = CallCancelled()
        else:
            error = task.exception()
            if error is None:
                result = task.result()
        if self._context.awaits_input and not isinstance(error, CallCancelled):
            result, error = None, AwaitsInput()
        self._done(result, error)

    def _is_cancellation(self, error: BaseException) -> bool:
        from asyncio import CancelledError

        return self._cancelled and isinstance(error, CancelledError)


class _Loop:
    """A thread with an event loop."""

    def __init__(self, name: str) -> None:
        import asyncio

        self.asyncio: AbstractEventLoop = asyncio.new_event_loop()
        self.asyncio.set_exception_handler(_report)
        # Whether the loop has left work lying. It says itself that it no longer does.
        self.blocked = False
        self.closing = False
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Has the loop cancel its tasks and end."""
        self.closing = True
        try:
            self.asyncio.call_soon_threadsafe(self.asyncio.stop)
        except RuntimeError:
            return

    def _run(self) -> None:
        import asyncio

        asyncio.set_event_loop(self.asyncio)
        while not self.closing:
            try:
                self.asyncio.run_forever()
            except BaseException as error:
                # A task that the code made ended with `sys.exit()`. The others go on.
                _log("a task of Python code failed", error)
        try:
            self._cancel_all()
        finally:
            self.asyncio.close()

    def _cancel_all(self) -> None:
        import asyncio

        try:
            # Lets what was posted begin, so that its end is told too.
            self.asyncio.run_until_complete(asyncio.sleep(0))
            tasks = asyncio.all_tasks(self.asyncio)
            for task in tasks:
                task.cancel()
            if tasks:
                self.asyncio.run_until_complete(asyncio.wait(tasks, timeout=_FAREWELL))
            self.asyncio.run_until_complete(self.asyncio.shutdown_asyncgens())
        except BaseException as error:
            _log("a task of Python code failed", error)


def _report(_loop: AbstractEventLoop, details: dict[str, Any]) -> None:
    """Logs what nobody awaits, but for exceptions that are the engine's own way of ending a call."""
    error = details.get("exception")
    if isinstance(error, (AwaitsInput, CallCancelled)):
        return
    message = str(details.get("message", "a task of Python code failed"))
    if isinstance(error, BaseException):
        _log(message, error)
    else:
        from mxcp._engine.log import logger

        logger().error("%s", message)


def _log(message: str, error: BaseException) -> None:
    from mxcp._engine.describe import log_error

    log_error(message, error)
