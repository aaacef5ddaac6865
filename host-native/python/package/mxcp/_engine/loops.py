"""Event loops for the coroutines of a project.

All of them run on one loop, many at a time. A coroutine that blocks, as `time.sleep` and
`db.execute` do, would make the others wait; so a coroutine that its loop has not begun after a tenth
of a second begins on a spare loop instead.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from mxcp._engine.loop import FAREWELL, Loop
from mxcp._engine.work import Work

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container

    from mxcp._engine.context import Context

# How long a loop may leave work lying about before it counts as blocked, in seconds.
_PATIENCE = 0.1
# Rounds without work after which the watch sleeps until there is some.
_IDLE_ROUNDS = 20
# More loops than this block only where a project does nothing else.
_MOST_LOOPS = 32


class Loops:
    """The loops of one generation. They start when they are first needed."""

    def __init__(self) -> None:
        self._loops: list[Loop] = []
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
        deadline = time.monotonic() + FAREWELL
        for loop in loops:
            loop.close()
        for loop in loops:
            if loop.thread is not threading.current_thread():
                loop.thread.join(max(0.0, deadline - time.monotonic()))

    def _pick(self, avoided: Container[Loop] = ()) -> Loop:
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
            self._loops.append(Loop(f"mxcp-asyncio-{len(self._loops)}"))
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
        taken: set[Loop] = set()
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
