"""The two pipes to the host, and the questions that go through them."""

from __future__ import annotations

import os
from _thread import LockType, allocate_lock
from collections.abc import Callable
from select import PIPE_BUF
from threading import Thread
from typing import Any

from mxcp._worker.decode import decode
from mxcp._worker.encode import encode

_HEADER = 4
_MAGIC = b"\x00mxcp worker 1\n"

Answer = dict[str, Any]
Done = Callable[[Answer], None]


class Pipe:
    """Frames of four bytes of length, the least significant first, and JSON."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing = writing
        self._lock = allocate_lock()
        self._waiting: dict[int, Done] = {}
        self._last = 0
        # Children that are forked and don't run another program must not keep the host waiting for an end.
        os.register_at_fork(after_in_child=self._close)

    @classmethod
    def adopt(cls) -> Pipe:
        """Takes the pipes that stand at the place of standard input and output, and puts what belongs there."""
        reading, writing = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        # What was printed before now went into the pipe: the host looks for this to know where the frames begin.
        os.write(writing, _MAGIC)
        return cls(reading, writing)

    def _close(self) -> None:
        os.close(self._reading)
        os.close(self._writing)

    def receive(self) -> dict[str, Any] | None:
        """The next message; none at the end."""
        header = self._read(_HEADER)
        if header is None:
            return None
        frame = self._read(int.from_bytes(header, "little"))
        return None if frame is None else decode(frame)

    def _read(self, size: int) -> bytes | None:
        data = os.read(self._reading, size)
        if len(data) == size:
            return data
        parts = bytearray(data)
        while len(parts) < size:
            data = os.read(self._reading, min(size - len(parts), 1 << 20))
            if not data:
                return None
            parts += data
        return bytes(parts)

    def send(self, message: dict[str, Any]) -> None:
        """Sends a message whose values are JSON already. Raises ValueError if it is too long.

        The thread may be told in the middle that its call was taken back. What the pipe takes as a whole is sent all the
        same, or not at all; another thread sends the rest.
        """
        frame = encode(message)
        if len(frame) + _HEADER <= PIPE_BUF:
            return self.send_frame(frame)
        sent: LockType = allocate_lock()
        sent.acquire()

        def send() -> None:
            try:
                self.send_frame(frame)
            finally:
                sent.release()

        Thread(target=send, name="mxcp-send", daemon=True).start()
        sent.acquire()
        return None

    def send_frame(self, frame: bytes) -> None:
        """Sends what `encode` gave, on a thread that nobody disturbs."""
        data = memoryview(len(frame).to_bytes(_HEADER, "little") + frame)
        with self._lock:
            while data:
                data = data[os.write(self._writing, data) :]

    def ask(self, call: int, question: dict[str, Any]) -> Answer:
        """Asks the host something in the course of a call, and waits for the answer."""
        answers: list[Answer] = []
        arrived: LockType = allocate_lock()
        arrived.acquire()

        def done(answer: Answer) -> None:
            answers.append(answer)
            arrived.release()

        number = self.ask_soon(call, question, done)
        try:
            arrived.acquire()
        except BaseException:
            self._waiting.pop(number, None)
            raise
        return answers[0]

    def ask_soon(self, call: int, question: dict[str, Any], done: Done) -> int:
        """Asks the host something; `done` is called with the answer, on the thread that reads. Gives the question's number."""
        with self._lock:
            self._last += 1
            number = self._last
        self._waiting[number] = done
        try:
            self.send({"ask": number, "call": call, **question})
        except BaseException:
            self._waiting.pop(number, None)
            raise
        return number

    def answer(self, number: int, answer: Answer) -> None:
        """Hands an answer to who asked, if they still wait."""
        done = self._waiting.pop(number, None)
        if done is not None:
            done(answer)
