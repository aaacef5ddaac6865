"""What runs at the moment, so that it can be taken back."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from mxcp._engine import CallCancelled


class Running:
    """A piece of work that the host may take back."""

    __slots__ = ("_cancel", "_lock", "cancelled", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.cancelled = False
        self._cancel: Callable[[], None] | None = None
        self._lock = threading.RLock()

    def started(self, cancel: Callable[[], None]) -> None:
        """`cancel` takes it back from now on."""
        with self._lock:
            self._cancel = cancel
            if self.cancelled:
                cancel()

    def finished(self) -> None:
        """It can't be taken back any more."""
        with self._lock:
            self._cancel = None
        # Where Python looks whether something is to be raised, so that what was on its way arrives here.
        for _ in range(2):
            pass

    def cancel(self) -> None:
        """Takes it back."""
        with self._lock:
            self.cancelled = True
            if self._cancel is not None:
                self._cancel()


class MainThread:
    """Takes back what the main thread does, even where it sleeps or waits: by a signal, whose handler raises.

    The signal is one that processes ignore as long as nobody asks for it.
    """

    SIGNAL = signal.SIGURG

    def __init__(self) -> None:
        self._ident = threading.get_ident()
        self._to_raise = False
        signal.signal(self.SIGNAL, self._raise)

    def cancel(self) -> None:
        """Raises CallCancelled in the main thread."""
        self._to_raise = True
        signal.pthread_kill(self._ident, self.SIGNAL)

    def settle(self) -> None:
        """What was taken back has ended by itself."""
        self._to_raise = False

    def _raise(self, _signal: int, _frame: FrameType | None) -> None:
        if self._to_raise:
            self._to_raise = False
            raise CallCancelled


def raise_in(thread: int) -> None:
    """Raises CallCancelled in another thread, as soon as it runs Python again."""
    import ctypes

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(CallCancelled))


def ignore_signals() -> None:
    """The host alone decides when to end: a signal to the whole group, as from Ctrl-C, is for it.

    Handlers that do nothing rather than ignored signals, because programs that are started inherit the latter.
    """

    def nothing(_signal: int, _frame: FrameType | None) -> None:
        pass

    handlers: dict[int, Any] = {number: signal.signal(number, nothing) for number in _GROUP}

    def restore() -> None:
        for number, handler in handlers.items():
            signal.signal(number, handler)

    os.register_at_fork(after_in_child=restore)


_GROUP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
