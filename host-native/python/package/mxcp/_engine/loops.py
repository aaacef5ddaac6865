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

from mxcp._engine.context import CURRENT
from mxcp._engine.errors import AwaitsInput, CallCancelled
from mxcp._engine.outcome import settle

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from collections.abc import Awaitable, Callable, Container

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

    def _pick(self, avoided: Container[_Loop] = ()) -> _Loop:
        """The first loop that is not known to be blocked; a new one if there is none."""
        for loop in self._loops:
            if not loop.blocked and loop not in avoided:
                return loop
        with self._lock:
            if self._closed:
                raise RuntimeError("the event loop is closed")
            free = [loop for loop in self._loops if not loop.blocked]
            # Another thread may have made one meanwhile.
            for loop in free:
                if loop not in avoided:
                    return loop
            if len(self._loops) >= _MOST_LOOPS:
                return (free or self._loops)[0]
            if self._watch is None:
                self._watch = threading.Thread(target=self._run_watch, name="mxcp-watch", daemon=True)
                self._watch.start()
            self._loops.append(_Loop(f"mxcp-asyncio-{len(self._loops)}"))
            return self._loops[-1]

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
        """Gives work that was posted before a moment, and has not begun, to other loops.

        Each piece to one of its own: what waited behind work that blocks may well block too.
        """
        taken: set[_Loop] = set()
        for _ in range(len(self._waiting)):
            work = self._waiting.popleft()
            if work.begun:
                continue
            if work.posted < before and work.loop is not None:
                work.loop.blocked = True
                try:
                    other = self._pick(taken)
                except RuntimeError:
                    return
                taken.add(other)
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

    def _begin(self, loop: _Loop) -> None:
        loop.blocked = False
        if self.begun:
            return
        CURRENT.set(self._context)
        task = loop.asyncio.create_task(self._run(loop))
        task.add_done_callback(self._end)

    async def _run(self, loop: _Loop) -> None:
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

    def _settle(self, error: BaseException, loop: _Loop) -> BaseException:
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
            _log("the end of a call could not be told", failure)


def _current_task(loop: _Loop) -> Task[object] | None:
    """The task that runs on a loop now."""
    import asyncio

    return asyncio.current_task(loop.asyncio)


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
