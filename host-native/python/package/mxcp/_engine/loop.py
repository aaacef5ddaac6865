"""A thread with an event loop."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from mxcp._engine.describe import log_error
from mxcp._engine.errors import AwaitsInput, CallCancelled
from mxcp._engine.log import logger

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

# How long tasks that are left over may take to end when the loop is closed, in seconds.
FAREWELL = 5.0


class Loop:
    """An event loop and the thread that runs it, until it is closed."""

    asyncio: AbstractEventLoop

    def __init__(self, name: str) -> None:
        # Whether the loop has left work lying. It says itself that it no longer does.
        self.blocked = False
        self.closing = False
        self._made = threading.Event()
        self._problem: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        try:
            self.thread.start()
            self._made.wait()
        except BaseException:
            # The call that needed it was taken back meanwhile.
            self.close()
            raise
        if self._problem is not None:
            raise self._problem

    def close(self) -> None:
        """Has the loop cancel its tasks and end."""
        self.closing = True
        if not self._made.is_set() or self._problem is not None:
            # It looks before it runs.
            return
        try:
            self.asyncio.call_soon_threadsafe(self.asyncio.stop)
        except RuntimeError:
            return

    def _make(self) -> bool:
        """Makes the loop on its own thread, where no call is taken back: half of a loop would be left over."""
        import asyncio

        try:
            self.asyncio = asyncio.new_event_loop()
            self.asyncio.set_exception_handler(_report)
            asyncio.set_event_loop(self.asyncio)
        except BaseException as error:
            self._problem = error
        self._made.set()
        return self._problem is None

    def _run(self) -> None:
        if not self._make():
            return
        while not self.closing:
            try:
                self.asyncio.run_forever()
            except BaseException as error:
                # A task that the code made ended with `sys.exit()`. The others go on.
                log_error("a task of Python code failed", error)
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
                self.asyncio.run_until_complete(asyncio.wait(tasks, timeout=FAREWELL))
            self.asyncio.run_until_complete(self.asyncio.shutdown_asyncgens())
        except BaseException as error:
            log_error("a task of Python code failed", error)


def _report(_loop: AbstractEventLoop, details: dict[str, Any]) -> None:
    """Logs what nobody awaits, but for exceptions that are the engine's own way of ending a call."""
    error = details.get("exception")
    if isinstance(error, (AwaitsInput, CallCancelled)):
        return
    message = str(details.get("message", "a task of Python code failed"))
    if isinstance(error, BaseException):
        log_error(message, error)
    else:
        logger().error("%s", message)
