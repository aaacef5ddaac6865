"""Importing a project's files, and forgetting them."""

from __future__ import annotations

import datetime
import json
import sys
import unittest
from typing import Any

from mxcp._engine import ResolveError

from package_tests.fake import FakeCall, Project


class Modules(unittest.TestCase):
    def project(self, files: dict[str, str], **settings: Any) -> Project:
        project = Project(files, **settings)
        self.addCleanup(project.__exit__)
        return project

    def test_modules_are_found_from_the_root_and_from_their_folder(self) -> None:
        project = self.project(
            {
                "python/a.py": """
                    import helper, lib.x
                    from pkg.b import seen
                    from pkg import c
                    def f(): return [helper.NAME, lib.x.NAME, seen, c.NAME, __name__, __file__]
                    def same():
                        import pkg.b
                        pkg.b.seen.append(1)
                        return seen
                """,
                "python/helper.py": "NAME = __name__",
                "python/pkg/__init__.py": "",
                "python/pkg/b.py": "seen = []",
                "python/pkg/c.py": "from .b import seen\nNAME = __name__\ndef f(): return seen",
                "lib/x.py": "NAME = __name__\ndef f(): return NAME",
            }
        )
        engine = project.engine()
        engine.initialise(FakeCall())
        expected = ["helper", "lib.x", [], "pkg.c", "a", str(project.root / "python/a.py")]
        self.assertEqual(project.run(engine, "a.f"), expected)
        self.assertEqual(project.run(engine, "a.same"), [1])
        self.assertEqual(project.run(engine, "pkg.c.f"), [1])
        target = engine.resolve(str(project.root / "lib/x.py"), "lib/x.py", "f")
        self.assertRegex(str(engine.call(target, {}, FakeCall())), "^_mxcp_endpoint_x_[0-9a-f]{8}$")
        self.assertEqual(sys.path[:2], [str(project.root), str(project.root / "python")])

    def test_a_module_may_be_called_as_one_of_the_standard_library(self) -> None:
        project = self.project(
            {
                "python/json.py": "def f(): return 'mine'",
                "python/queue.py": "def f(): return 'mine'",
                "python/calendar.py": "def f(): return 'mine'",
                "python/parse.py": """
                    import datetime
                    def f(): return datetime.datetime.strptime("2024-02-29", "%Y-%m-%d")
                """,
                "python/a-b.py": "def f(): return 'dashed'",
                "python/later.py": "async def f(): return 'later'",
            }
        )
        engine = project.engine()
        engine.initialise(FakeCall())
        self.assertEqual(project.run(engine, "json.f"), "mine")
        self.assertEqual(project.run(engine, "queue.f"), "mine")
        self.assertEqual(project.run(engine, "calendar.f"), "mine")
        self.assertEqual(project.run(engine, "parse.f"), datetime.datetime(2024, 2, 29))
        self.assertEqual(project.run(engine, "a-b.f"), "dashed")
        self.assertEqual(project.run(engine, "later.f"), "later")
        self.assertIs(sys.modules["json"], json)

    def test_a_failing_import_is_tried_again(self) -> None:
        project = self.project(
            {"python/a.py": "raise OSError('not yet')", "python/b.py": "def f(): return 1"}
        )
        engine = project.engine()
        with self.assertLogs("mxcp.python") as logged:
            engine.initialise(FakeCall())
        path = project.root / "python/a.py"
        self.assertIn(f"Failed to preload {path}: not yet", logged.output[0])
        self.assertEqual(project.run(engine, "b.f"), 1)
        text = f"^Failed to execute Python code: Failed to load Python module from {path}: not yet$"
        with self.assertRaisesRegex(ResolveError, text), self.assertLogs("mxcp.python"):
            project.run(engine, "a.f")
        project.write("python/a.py", "def f(): return 'now'")
        self.assertEqual(project.run(engine, "a.f"), "now")
        with self.assertRaisesRegex(ResolveError, "^Python file not found: .*/python/c.py$"):
            project.run(engine, "c.f")

    def test_code_that_exits_when_imported_fails_to_import(self) -> None:
        project = self.project({"python/a.py": "import sys; sys.exit(2)", "python/b.py": "def f(:"})
        engine = project.engine()
        with self.assertLogs("mxcp.python"):
            engine.initialise(FakeCall())
            with self.assertRaisesRegex(ResolveError, "a.py: 2$"):
                project.run(engine, "a.f")
            with self.assertRaisesRegex(ResolveError, r"b.py: .*\(b.py, line 1\)$"):
                project.run(engine, "b.f")

    def test_module_code_has_a_context(self) -> None:
        project = self.project(
            {
                "python/a.py": "from mxcp.runtime import db\nrows = db.execute('select 1')",
                "tools/b.py": "from mxcp.runtime import db\nrows = db.execute('select 2')\ndef f(): pass",
            }
        )
        engine = project.engine()
        call = FakeCall()
        engine.initialise(call)
        self.assertEqual(call.executed, [("select 1", None)])
        engine.resolve(str(project.root / "tools/b.py"), "tools/b.py", "f", call)
        self.assertEqual(call.executed[1:], [("select 2", None)])

    def test_resources_name_no_function(self) -> None:
        project = self.project(
            {
                "python/r1.py": """
                    from typing import Any
                    def zeta(): return 'z'
                    def alpha(): return 'a'
                    def _first(): return 'private'
                """,
                "python/r2.py": "def alpha(): return 'a'\ndef r2(): return 'stem'",
                "python/r3.py": "def r3(): return 'stem'\ndef main(): return 'main'",
                "python/r4.py": "from os.path import join",
            }
        )
        engine = project.engine()
        for name, expected in {"r1": "a", "r2": "stem", "r3": "main"}.items():
            target = engine.resolve(str(project.root / f"python/{name}.py"), name, None)
            self.assertEqual(engine.call(target, {}, FakeCall()), expected)
        with self.assertRaises(ResolveError):
            engine.resolve(str(project.root / "python/r4.py"), "r4", None)

    def test_the_next_generation_imports_anew(self) -> None:
        code = """
            from mxcp.runtime import on_init
            seen = []
            @on_init
            def note(): seen.append(1)
            def f(): return ["one", seen]
        """
        project = self.project(
            {
                "python/a.py": code,
                "plugins/p.py": "from mxcp.plugins import *\nclass MXCPPlugin(MXCPBasePlugin): pass",
            },
            plugins=[{"name": "i", "module": "p", "config": {}}],
        )
        path = list(sys.path)
        first = project.engine()
        first.load_plugins()
        first.initialise(FakeCall())
        self.assertEqual(project.run(first, "a.f"), ["one", [1]])
        plugin = first.plugins.instances["i"]
        first.stop(FakeCall())
        self.assertEqual(sys.path, path)
        self.assertNotIn("a", sys.modules)
        # As long as before, and within the second: neither time nor size tell.
        project.write("python/a.py", code.replace("one", "two"))
        second = project.engine()
        second.load_plugins()
        second.initialise(FakeCall())
        self.assertEqual(project.run(second, "a.f"), ["two", [1]])
        self.assertIsNot(type(second.plugins.instances["i"]), type(plugin))

    def test_a_generation_keeps_to_the_texts_it_was_started_with(self) -> None:
        files = {
            "python/a.py": "from b import WORD\ndef f(): return WORD",
            "python/b.py": "WORD = 'before'",
            "tools/c.py": "from b import WORD\ndef f(): return WORD",
        }
        project = self.project(files)
        sources = {str(project.root / name): text for name, text in files.items()}
        for again in range(2):
            project.settings = {"sources": sources}
            engine = project.engine()
            engine.initialise(FakeCall())
            self.assertEqual(project.run(engine, "a.f"), "before", again)
            target = engine.resolve(str(project.root / "tools/c.py"), "tools/c.py", "f")
            self.assertEqual(engine.call(target, {}, FakeCall()), "before", again)
            engine.stop(FakeCall())
            # Of another length or not, gone or not: what was is what counts.
            project.write("python/b.py", "WORD = 'latter'")
            (project.root / "tools/c.py").unlink(missing_ok=True)
        project.settings = {}
        engine = project.engine()
        engine.initialise(FakeCall())
        self.assertEqual(project.run(engine, "a.f"), "latter")

    def test_files_beside_the_project_are_imported_anew_too(self) -> None:
        outside = self.project({"x.py": "def f(): return 'one'"})
        project = self.project({})
        file = str(outside.root / "x.py")
        for expected in ("one", "two"):
            outside.write("x.py", f"def f(): return '{expected}'")
            engine = project.engine()
            target = engine.resolve(file, "x.py", "f")
            self.assertEqual(engine.call(target, {}, FakeCall()), expected)
            engine.stop(FakeCall())

    def test_libraries_within_a_project_stay(self) -> None:
        project = self.project(
            {
                ".venv/lib/site-packages/mxcp_test_library.py": "X = 1",
                "python/a.py": "import mxcp_test_library\ndef f(): return mxcp_test_library.X",
            }
        )
        packages = str(project.root / ".venv/lib/site-packages")
        sys.path.append(packages)
        self.addCleanup(sys.path.remove, packages)
        engine = project.engine()
        self.assertEqual(project.run(engine, "a.f"), 1)
        engine.stop(FakeCall())
        self.assertIsNotNone(sys.modules.pop("mxcp_test_library", None))


class Hooks(unittest.TestCase):
    def test_hooks_run_in_order_with_a_context_and_may_fail(self) -> None:
        with Project(
            {
                "python/a.py": """
                    import asyncio
                    from mxcp.runtime import db, on_init, on_shutdown
                    @on_init
                    def one(): db.execute("one")
                    @on_init
                    def broken(): raise ValueError("no")
                    @on_init
                    async def two():
                        await asyncio.sleep(0)
                        db.execute("two")
                    @on_shutdown
                    def three(): db.execute("three")
                    @on_shutdown
                    def leaves(): raise SystemExit
                    @on_shutdown
                    async def four(): db.execute("four")
                """,
                "plugins/p.py": """
                    from mxcp.plugins import MXCPBasePlugin, on_shutdown
                    from mxcp.runtime import db
                    @on_shutdown
                    def first(): db.execute("first")
                    @on_shutdown
                    def last(): db.execute("last")
                    class MXCPPlugin(MXCPBasePlugin):
                        def shutdown(self): db.execute(self._config["n"])
                """,
            },
            plugins=[{"name": n, "module": "p", "config": {"n": n}} for n in ("p1", "p2")],
        ) as project:
            engine = project.engine()
            engine.load_plugins()
            start = FakeCall()
            with self.assertLogs("mxcp.python") as logged:
                engine.initialise(start)
            self.assertIn("Error in init hook broken: no", logged.output[0])
            self.assertEqual([sql for sql, _ in start.executed], ["one", "two"])
            end = FakeCall()
            with self.assertLogs("mxcp.python") as logged:
                engine.stop(end)
            self.assertIn("Error in shutdown hook leaves: SystemExit", logged.output[0])
            ended = [sql for sql, _ in end.executed]
            self.assertEqual(ended, ["three", "four", "last", "first", "p2", "p1"])


class Checks(unittest.TestCase):
    def test_functions_are_looked_at_without_being_called(self) -> None:
        files = {
            "python/good.py": "def good(a, b=1): raise OSError",
            "python/any.py": "def any(**values): pass",
            "python/syntax.py": "\n\ndef f(:",
            "python/imports.py": "\nimport nowhere_to_be_found",
            "python/missing.py": "def other(): pass",
            "python/number.py": "number = 5",
            "python/fewer.py": "\ndef fewer(): pass",
            "python/more.py": "def more(a, c): pass",
            "python/positional.py": "def positional(a, /): pass",
        }
        expected: dict[str, list[tuple[str, str, int | None]]] = {
            "good": [],
            "any": [],
            "syntax": [("syntax", "invalid syntax", 3)],
            "imports": [("import", "ModuleNotFoundError: No module named 'nowhere_to_be_found'", 2)],
            "missing": [("missing", "Function 'missing' not found in missing.py", None)],
            "number": [
                ("missing", "`number` in number.py is no function: 'int' object is not callable", None)
            ],
            "fewer": [("signature", "function `fewer` does not take `a`", 2)],
            "more": [("signature", "function `more` requires `c`, which no parameter provides", 1)],
            "positional": [
                (
                    "signature",
                    "function `positional` takes `a` by position only; arguments are passed by name",
                    1,
                )
            ],
        }
        with Project(files) as project:
            engine = project.engine()
            for name, findings in expected.items():
                with self.subTest(name):
                    path = str(project.root / f"python/{name}.py")
                    found = engine.check(path, f"{name}.py", name, ["a"])
                    self.assertEqual([(f["kind"], f["message"], f["line"]) for f in found], findings)
