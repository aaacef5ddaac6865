"""The process: a thread reads what the host wants, the main thread calls functions, and others do the rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from mxcp._engine import AwaitsInput, CallCancelled, Engine, PluginError, describe
from mxcp._engine.process import leave
from mxcp._worker.call import PipeCall
from mxcp._worker.crew import Crew
from mxcp._worker.encode import Walker, encode
from mxcp._worker.payloads import Payloads
from mxcp._worker.pipe import Pipe
from mxcp._worker.running import MainThread, Running, ignore_signals, raise_in

Message = dict[str, Any]

_GRACE_SECONDS = 2.0
_TEXT_CHARACTERS = 1_000_000


class Process:
    """One worker."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._engine: Engine | None = None
        self._payloads = Payloads()
        self._crew = Crew()
        self._main = MainThread()
        self._work: SimpleQueue[tuple[Message, Running] | None] = SimpleQueue()
        self._running: dict[int, Running] = {}

    @classmethod
    def adopt(cls) -> Process:
        """The process of the pipes that it was started with."""
        pipe = Pipe.adopt()
        ignore_signals()
        return cls(pipe)

    def run(self) -> None:
        """Works until the host ends the pipe."""
        threading.Thread(target=self._read, name="mxcp-pipe", daemon=True).start()
        while True:
            try:
                item = self._work.get()
                if item is None:
                    return
                self._one(*item)
            except CallCancelled:
                # Taken back a moment too late: the work was done.
                continue

    def _one(self, message: Message, running: Running) -> None:
        try:
            running.started(self._main.cancel)
            reply = self._attempt(message, running)
        except CallCancelled as error:
            reply = _failed(running.number, error)
        self._main.settle()
        if reply is not None:
            self._reply(running, reply)

    def _aside(self, message: Message, running: Running) -> None:
        """Like `_one`, on another thread."""
        thread = threading.get_ident()
        try:
            running.started(lambda: raise_in(thread))
            reply = self._attempt(message, running)
        except CallCancelled as error:
            reply = _failed(running.number, error)
        if reply is not None:
            self._reply(running, reply)

    def _attempt(self, message: Message, running: Running) -> bytes | None:
        """What the work gives, or that it failed. Raises CallCancelled, once, if it was taken back at its very end."""
        try:
            reply = self._perform(message, running)
        except BaseException as error:
            reply = _failed(running.number, error)
        if reply is not None:
            running.finished()
        return reply

    def _reply(self, running: Running, reply: bytes) -> None:
        self._running.pop(running.number, None)
        self._pipe.send_frame(reply)

    def _read(self) -> None:
        try:
            while (message := self._pipe.receive()) is not None:
                self._dispatch(message)
        finally:
            # The host is gone, or wants nothing more.
            self._work.put(None)
            time.sleep(_GRACE_SECONDS)
            leave(0)

    def _dispatch(self, message: Message) -> None:
        answer = message.get("answer")
        if answer is not None:
            try:
                self._pipe.answer(answer, message)
            except Exception as error:
                describe(error)
            return
        cancelled = message.get("cancel")
        if cancelled is not None:
            taken_back = self._running.get(cancelled)
            if taken_back is not None:
                taken_back.cancel()
            return
        forgotten = message.get("forget")
        if forgotten is not None:
            self._payloads.forget(forgotten)
            return
        running = Running(message["request"])
        self._running[running.number] = running
        if message["do"] in ("evaluate", "check", "payload") or message.get("async"):
            self._crew.do(lambda: self._aside(message, running))
        else:
            self._work.put((message, running))

    def _perform(self, message: Message, running: Running) -> bytes | None:
        """Does what the host wants; none if the reply comes later."""
        what = message["do"]
        if what == "open":
            self._engine = Engine(message["settings"])
            return encode({"reply": running.number, "result": self._engine.load_plugins()})
        if what == "payload":
            self._payloads.call(message["payload"])
            return encode({"reply": running.number, "result": None})
        engine = self._engine
        if engine is None:
            raise RuntimeError("the process was not opened")
        if what == "check":
            source = message["file"], message["shown"], message["function"]
            findings = engine.check(*source, message["parameters"])
            return encode({"reply": running.number, "result": findings})
        call = PipeCall(self._pipe, self._payloads, running.number, message["call"])
        if what == "call":
            return self._call(engine, message, call, running)
        try:
            if what == "evaluate":
                found = engine.evaluate(message["index"], message["columns"], message["rows"], call)
                walker = Walker(typed=True, floats=True)
                return encode({"reply": running.number, "result": [walker.walk(item) for item in found]})
            if what == "initialise":
                engine.initialise(call)
            elif what == "stop":
                engine.stop(call)
            return encode({"reply": running.number, "result": None})
        finally:
            call.end()

    def _call(self, engine: Engine, message: Message, call: PipeCall, running: Running) -> bytes | None:
        typed: bool = message["typed"]
        target = engine.resolve(message["file"], message["shown"], message["function"], call)
        if not target.is_async:
            try:
                return _result(running.number, typed, engine.call(target, message["arguments"], call))
            finally:
                call.end()

        def finish(result: object, error: BaseException | None) -> None:
            call.end()
            try:
                reply = (
                    _result(running.number, typed, result)
                    if error is None
                    else _failed(running.number, error)
                )
            except BaseException as encoding:
                reply = _failed(running.number, encoding)
            self._reply(running, reply)

        def done(result: object, error: BaseException | None) -> None:
            running.finished()
            # On another thread: those that wait for the loop should not wait for the conversion.
            self._crew.do(lambda: finish(result, error))

        if not message.get("async"):
            self._pipe.send({"say": "async", "call": running.number})
        cancel: Callable[[], None] = engine.submit(target, message["arguments"], call, done)
        running.started(cancel)
        return None


def _result(number: int, typed: bool, value: object) -> bytes:
    walker = Walker(typed=typed)
    result = walker.walk(value)
    return encode({"reply": number, "result": result, "content": walker.content})


def _failed(number: int, error: BaseException) -> bytes:
    if isinstance(error, CallCancelled):
        return encode({"reply": number, "failed": "cancelled", "text": ""})
    if isinstance(error, AwaitsInput):
        return encode({"reply": number, "failed": "input", "text": ""})
    kind = "plugin" if isinstance(error, PluginError) else "raised"
    try:
        text = describe(error)
    except Exception:
        text = type(error).__name__
    return encode({"reply": number, "failed": kind, "text": text[:_TEXT_CHARACTERS]})
