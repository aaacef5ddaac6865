"""Functions that the host calls in the course of a reload."""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable


class Payloads:
    """What reloads wait to call."""

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._last = 0
        self._kept: dict[int, Callable[[], object]] = {}

    def keep(self, payload: Callable[[], object]) -> int:
        """Keeps a function until it is called or forgotten, and gives its number."""
        with self._lock:
            self._last += 1
            self._kept[self._last] = payload
            return self._last

    def call(self, number: int) -> None:
        """Calls a function, once."""
        payload = self._kept.pop(number, None)
        if payload is not None:
            payload()

    def forget(self, number: int) -> None:
        """Nobody will call it any more."""
        self._kept.pop(number, None)
