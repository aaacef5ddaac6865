"""A call and a project to test with."""

from __future__ import annotations

import json
import tempfile
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mxcp._engine import Engine, SqlFailure


class FakeCall:
    """A call that notes what it is asked to do."""

    def __init__(self, **fields: Any) -> None:
        self.request_id = "r1"
        self.transport = "stdio"
        self.session_id: str | None = None
        self.user: dict[str, object] | None = None
        self.headers: dict[str, object] | None = None
        self.telemetry: dict[str, str | None] | None = None
        self.reported: list[tuple[str, dict[str, Any]]] = []
        self.executed: list[tuple[str, Any]] = []
        self.logged: list[tuple[str, object, str | None]] = []
        self.progressed: list[tuple[float, float | None, str | None]] = []
        self.noted: list[dict[str, object]] = []
        self.asked: list[tuple[str, dict[str, object], str | None]] = []
        self.reloads: list[tuple[Any, str]] = []
        # An answer for each question, or what is raised instead.
        self.answers: list[Any] = []
        self.__dict__.update(fields)

    def execute(self, sql: str, parameters: Any) -> list[dict[str, object]]:
        self.executed.append((sql, parameters))
        if sql.startswith("fail "):
            raise SqlFailure(sql[5:])
        return [{"x": 1}]

    def log(self, level: str, data: object, logger: str | None) -> None:
        self.logged.append((level, data, logger))

    def note(self, note: dict[str, object]) -> None:
        json.dumps(note)
        self.noted.append(note)

    def progress(self, progress: float, total: float | None, message: str | None) -> None:
        self.progressed.append((progress, total, message))

    def report(self, kind: str, what: dict[str, Any]) -> None:
        self.reported.append((kind, what))

    def ask(self, method: str, params: dict[str, object], key: str | None) -> dict[str, object]:
        self.asked.append((method, params, key))
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        assert isinstance(answer, dict)
        return answer

    def ask_soon(
        self, method: str, params: dict[str, object], key: str | None, done: Callable[[Any, Any], None]
    ) -> None:
        self.asked.append((method, params, key))
        answer = self.answers.pop(0)
        outcome = (None, answer) if isinstance(answer, BaseException) else (answer, None)
        threading.Thread(target=done, args=outcome).start()

    def reload(self, payload: Callable[[], object] | None, description: str) -> None:
        self.reloads.append((payload, description))


class Project:
    """A project in a folder of its own. `with` removes it, and stops the engine that was made."""

    def __init__(self, files: dict[str, str], **settings: Any) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.root = Path(self._folder.name).resolve()
        self.settings = settings
        self._engines: list[Engine] = []
        for name, text in files.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def engine(self) -> Engine:
        engine = Engine(
            {
                "root": str(self.root),
                "modules": str(self.root / "python"),
                "plugins_folder": str(self.root / "plugins"),
                **self.settings,
            }
        )
        self._engines.append(engine)
        return engine

    def run(self, engine: Engine, name: str, call: FakeCall | None = None, /, **arguments: object) -> object:
        """Calls `file.function`, below the modules' folder, as a host does."""
        file, _, function = name.rpartition(".")
        path = str(self.root / "python" / f"{file.replace('.', '/')}.py")
        call = call or FakeCall()
        target = engine.resolve(path, f"python/{file}.py", function, call)
        if not target.is_async:
            return engine.call(target, arguments, call)
        ended = threading.Event()
        outcome: list[Any] = []

        def done(result: object, error: BaseException | None) -> None:
            outcome.append((result, error))
            ended.set()

        engine.submit(target, arguments, call, done)
        assert ended.wait(10), "the call does not end"
        result, error = outcome[0]
        if error is not None:
            raise error
        return result

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_error: object) -> None:
        for engine in self._engines:
            engine.stop(FakeCall())
        self._folder.cleanup()
