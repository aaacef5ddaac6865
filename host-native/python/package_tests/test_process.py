"""What the process keeps from the code that runs in it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

import mxcp
from mxcp.server import MXCPServer

from package_tests.fake import FakeCall, Project

FOLDER = Path(next(iter(mxcp.__path__))).parent


class Output(unittest.TestCase):
    def test_what_code_prints_goes_to_standard_error(self) -> None:
        with Project({"python/a.py": "def f(): print('x' * 1_000_000)\nprint('at import')"}) as project:
            settings = {"root": str(project.root), "modules": str(project.root / "python")}
            code = (
                "from mxcp._engine import Engine\n"
                f"engine = Engine({settings!r})\n"
                f"target = engine.resolve({str(project.root / 'python/a.py')!r}, 'a', 'f')\n"
                "engine.call(target, {}, None)\n"
            )
            environment = {**os.environ, "PYTHONPATH": str(FOLDER)}
            ran = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment)
        self.assertEqual(ran.stdout, b"")
        self.assertEqual(ran.stderr, b"at import\n" + b"x" * 1_000_000 + b"\n")


class Loops(unittest.TestCase):
    CODE = """
        import asyncio
        arrived = 0
        everyone = None
        async def meet(of):
            global arrived, everyone
            everyone = everyone or asyncio.Event()
            arrived += 1
            if arrived == of: everyone.set()
            await everyone.wait()
            return asyncio.get_running_loop()
        background = []
        async def leaves_something():
            async def later():
                try: await asyncio.sleep(60)
                except asyncio.CancelledError: background.append("cancelled"); raise
            task = asyncio.create_task(later())
            await asyncio.sleep(0)
            return background
    """

    def test_many_coroutines_run_on_one_loop(self) -> None:
        with Project({"python/a.py": self.CODE}) as project:
            engine = project.engine()
            target = engine.resolve(str(project.root / "python/a.py"), "a", "meet")
            results: list[object] = []
            ended = threading.Event()

            def done(result: object, error: BaseException | None) -> None:
                results.append(error or result)
                if len(results) == 500:
                    ended.set()

            for _ in range(500):
                engine.submit(target, {"of": 500}, FakeCall(), done)
            self.assertTrue(ended.wait(10))
            self.assertEqual(len(set(results)), 1)

    def test_what_runs_on_is_cancelled_at_the_end(self) -> None:
        with Project({"python/a.py": self.CODE}) as project:
            engine = project.engine()
            background = project.run(engine, "a.leaves_something")
            self.assertEqual(background, [])
            engine.stop(FakeCall())
            self.assertEqual(background, ["cancelled"])


@unittest.skipUnless(os.name == "posix", "the program here is a script")
class Server(unittest.TestCase):
    """With a program in the place of the interpreter that notes its words and listens."""

    PROGRAM = """#!{python}
import signal, socket, sys, threading
open("words", "w").write(" ".join(sys.argv[1:]))
if "broken" in sys.argv: sys.exit(3)
server = socket.create_server(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])))
ended = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ended.set())
while not ended.wait(0.01): pass
"""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        program = self.folder / "program"
        program.write_text(self.PROGRAM.format(python=sys.executable), encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        patched = mock.patch("mxcp.server.sys.executable", str(program))
        patched.start()
        self.addCleanup(patched.stop)

    def test_the_server_is_started_and_stopped(self) -> None:
        import socket

        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        server = MXCPServer(self.folder, port=port, profile="p", enable_sql_tools=False, readonly=True)
        self.assertFalse(server.is_running)
        with server:
            self.assertTrue(server.is_running)
            self.assertEqual(server.url, f"http://127.0.0.1:{port}/mcp")
        self.assertFalse(server.is_running)
        words = (self.folder / "words").read_text(encoding="utf-8")
        self.assertEqual(words, f"-m mxcp serve --port {port} --profile p --sql-tools false --readonly")

    def test_a_server_that_ends_at_once_is_an_error(self) -> None:
        with self.assertRaisesRegex(RuntimeError, "^the server ended with status 3$"):
            MXCPServer(self.folder, port=1, profile="broken").start()
