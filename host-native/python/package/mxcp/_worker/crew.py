"""Threads for work that must not wait for the main thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from mxcp._engine import CallCancelled

Work = Callable[[], None]


class Crew:
    """As many threads as there are pieces of work at a time."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Work] = SimpleQueue()
        self._lock = threading.Lock()
        self._free = 0

    def do(self, work: Work) -> None:
        """Has a thread do it, at once."""
        with self._lock:
            start = self._free == 0
            if not start:
                self._free -= 1
        self._queue.put(work)
        if start:
            threading.Thread(target=self._serve, name="mxcp", daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                self._queue.get()()
                with self._lock:
                    self._free += 1
            except CallCancelled:
                # Taken back a moment too late: the work was done.
                continue
