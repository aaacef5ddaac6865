"""The program as it is started and ended."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from harness import PATIENCE, command, environment, project, result, run

CODE = """
import os, sys, time

def where():
    return {
        "native": "mxcp._native" in sys.modules,
        "prefix": sys.prefix,
        "guard": os.environ.get("MXCP_REENTERED"),
        "path": sys.path,
    }

def prints():
    print("to be seen by people only")
    sys.stdout.write("this too")
    return 1

def duckdbs():
    # Another DuckDB in the same process.
    import duckdb
    from mxcp.runtime import db
    inner = duckdb.connect()
    total = inner.execute("SELECT sum(i) FROM range(1000) t(i)").fetchone()[0]
    try:
        inner.execute("SELECT nothing")
    except duckdb.BinderException as error:
        refused = type(error).__name__
    return {"total": int(total), "ours": db.execute("SELECT sum(i)::INTEGER AS n FROM range(1000) t(i)")[0]["n"],
            "refused": refused}

def hangs():
    print("begun", file=sys.stderr, flush=True)
    while True:
        time.sleep(0.01)

def stuck():
    print("begun", file=sys.stderr, flush=True)
    time.sleep(3600)
"""


def launcher() -> str:
    """The program beside this interpreter; skips the test where there is none."""
    found = Path(sys.executable).parent / "mxcp"
    if not found.is_file() or b"\x7fELF" != found.read_bytes()[:4]:
        raise unittest.SkipTest("mxcp is not installed for this interpreter")
    return str(found)


class Program(unittest.TestCase):
    def setUp(self) -> None:
        context = project(CODE)
        self.root = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def test_the_launcher_becomes_its_interpreter_where_there_is_python(self) -> None:
        words = [launcher(), "run", "tool", "where", "--json-output"]
        variables = {**environment(self.root), "PATH": os.environ["PATH"]}
        done = subprocess.run(
            words, cwd=self.root, env=variables, capture_output=True, text=True, timeout=PATIENCE
        )
        found = json.loads(done.stdout)["result"]
        self.assertEqual((found["native"], found["prefix"], found["guard"]), (True, sys.prefix, None))
        self.assertNotIn("mxcp", [Path(folder).name for folder in found["path"] if folder])

    def test_the_launcher_says_its_version_without_an_interpreter(self) -> None:
        said = subprocess.run([launcher(), "--version"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(said.stdout, run(self.root, "--version").stdout)

    def test_what_code_prints_is_no_part_of_the_output(self) -> None:
        done = run(self.root, "run", "tool", "prints", "--json-output")
        self.assertEqual(json.loads(done.stdout), {"status": "ok", "result": 1})
        self.assertIn("to be seen by people only", done.stderr)

    def test_errors_end_with_their_code(self) -> None:
        self.assertEqual(run(self.root, "run", "tool", "nowhere").returncode, 1)
        self.assertEqual(run(self.root, "--nonsense").returncode, 2)

    def test_the_duckdb_of_projects_lives_beside_that_of_the_program(self) -> None:
        if importlib.util.find_spec("duckdb") is None:
            self.skipTest("duckdb is not installed for this interpreter")
        self.assertEqual(
            result(self.root, "duckdbs"), {"total": 499500, "ours": 499500, "refused": "BinderException"}
        )

    def test_signals_end_the_program_whatever_the_code_does(self) -> None:
        for tool in ("hangs", "stuck"):
            for number in (signal.SIGINT, signal.SIGTERM):
                with self.subTest(tool=tool, number=number):
                    process = subprocess.Popen(
                        command("run", "tool", tool),
                        cwd=self.root,
                        env=environment(self.root),
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.PIPE,
                        text=True,
                        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
                    )
                    assert process.stderr is not None
                    with process.stderr as said:
                        self.assertEqual(said.readline(), "begun\n")
                        process.send_signal(number)
                        self.assertIn("Operation cancelled by user", said.read())
                    self.assertEqual(process.wait(PATIENCE), 1)


if __name__ == "__main__":
    unittest.main()
