"""Plug-ins and their functions for SQL."""

from __future__ import annotations

import datetime
import sys
import unittest
import uuid
from decimal import Decimal
from typing import Any

from mxcp._engine import PluginError, UdfError, describe

from package_tests.fake import FakeCall, Project

HEAD = """
    import datetime, enum, uuid
    from dataclasses import dataclass
    from decimal import Decimal
    from typing import *
    from mxcp.plugins import MXCPBasePlugin, udf
    class Color(enum.Enum):
        RED = "red"
        ONE = 1
    @dataclass
    class Point:
        x: int
        y: "Optional[float]" = None
        kind: ClassVar[int] = 3
    class Pair(NamedTuple):
        a: str
        b: Color
    class Row(TypedDict, total=False):
        id: Required[int] if "Required" in globals() else int
    class Plain:
        n: int
    class Self:
        inner: "Self"
    class MXCPPlugin(MXCPBasePlugin):
"""


class Plugins(unittest.TestCase):
    def project(self, methods: str, head: str = HEAD) -> Project:
        project = Project(
            {"plugins/deep/p.py": head + methods},
            plugins=[{"name": "i", "module": "deep.p", "config": {"k": "v"}}],
        )
        self.addCleanup(project.__exit__)
        return project

    def loaded(self, methods: str) -> tuple[Any, dict[str, Any], dict[str, int]]:
        engine = self.project(methods).engine()
        listed: Any = engine.load_plugins()
        return engine, {f["name"]: f for f in listed}, {f["name"]: n for n, f in enumerate(listed)}

    def refusal(self, methods: str, head: str = HEAD) -> str:
        engine = self.project(methods, head).engine()
        before = list(sys.path)
        with self.assertRaises(PluginError) as caught:
            engine.load_plugins()
        # The next generation, of another project here, finds nothing left of this one.
        self.assertEqual(sys.path, before)
        return str(caught.exception)

    def test_hints_are_types_of_sql(self) -> None:
        hints = {
            "str": "VARCHAR",
            "int": "INTEGER",
            "float": "DOUBLE",
            "bool": "BOOLEAN",
            "bytes": "BLOB",
            "Decimal": "DECIMAL",
            "datetime.date": "DATE",
            "datetime.time": "TIME",
            "datetime.datetime": "TIMESTAMP",
            "datetime.timedelta": "INTERVAL",
            "uuid.UUID": "UUID",
            "Color": "VARCHAR",
            "Optional[int]": "INTEGER",
            "int | None": "INTEGER",
            "Annotated[int, 'x']": "INTEGER",
            "list[list[int]]": {"list": {"list": "INTEGER"}},
            "List[str]": {"list": "VARCHAR"},
            "dict[str, int]": {"map": ["VARCHAR", "INTEGER"]},
            "Point": {"struct": [["x", "INTEGER"], ["y", "DOUBLE"]]},
            "Pair": {"struct": [["a", "VARCHAR"], ["b", "VARCHAR"]]},
            "Row": {"struct": [["id", "INTEGER"]]},
            "Plain": {"struct": [["n", "INTEGER"]]},
            "'list[Point]'": {"list": {"struct": [["x", "INTEGER"], ["y", "DOUBLE"]]}},
        }
        methods = "".join(
            f"        @udf\n        def f{n}(self, a: {hint}) -> {hint}: return a\n"
            for n, hint in enumerate(hints)
        )
        _, functions, _ = self.loaded(methods)
        for n, (hint, expected) in enumerate(hints.items()):
            with self.subTest(hint):
                self.assertEqual(
                    functions[f"f{n}_i"], {"name": f"f{n}_i", "parameters": [expected], "returns": expected}
                )

    def test_other_hints_are_refused(self) -> None:
        for hint, text in {
            "Any": "Type 'Any' is not supported",
            "list": "Type 'list' is not supported in UDF type annotations",
            "dict": "Type 'dict' is not supported in UDF type annotations",
            "set[int]": "Type 'set[int]' is not supported in UDF type annotations",
            "tuple[int, int]": "Type 'tuple[int, int]' is not supported in UDF type annotations",
            "object": "Type 'object' is not supported in UDF type annotations",
            "Literal['a']": "Type 'Literal['a']' is not supported in UDF type annotations",
            "Union[int, str]": "Type 'Union[int, str]' is not supported in UDF type annotations",
            "None": "Type 'NoneType' is not supported in UDF type annotations",
            "Self": "Type 'Self' is not supported in UDF type annotations",
        }.items():
            with self.subTest(hint):
                refusal = self.refusal(f"        @udf\n        def f(self, a: {hint}) -> int: return 1")
                self.assertEqual(refusal, f"plug-in `i`: {text} (parameter 'a' of UDF 'f')")
        self.assertIn(
            "Type 'Any' is not supported", self.refusal("        @udf\n        def f(self, a) -> int: pass")
        )

    def test_methods_without_a_return_type_are_skipped(self) -> None:
        with self.assertLogs("mxcp.python") as logged:
            _, functions, _ = self.loaded(
                """
        @udf
        def none(self, a: int): pass
        @udf
        def any(self, a: int) -> Any: pass
        @udf
        def good(self) -> int: return 1
        def unmarked(self) -> int: return 1
        @property
        def explodes(self): raise OSError
        @udf
        @staticmethod
        def static(a: int) -> int: return a
        @classmethod
        @udf
        def of_class(cls, a: int) -> int: return a
"""
            )
        self.assertEqual(list(functions), ["good_i", "static_i", "of_class_i"])
        self.assertEqual(len(logged.output), 2)

    def test_plugins_that_can_not_be_loaded_say_why(self) -> None:
        self.assertEqual(
            self.refusal("", "import nowhere_to_be_found"),
            "Failed to import plugin module deep.p: No module named 'nowhere_to_be_found'",
        )
        self.assertEqual(self.refusal("", "def f(:"), "invalid syntax (p.py, line 1)")
        self.assertEqual(
            self.refusal("", "x = 1"),
            "Module deep.p must contain an MXCPPlugin class: module 'deep.p' has no attribute 'MXCPPlugin'",
        )
        self.assertEqual(
            self.refusal("", "class MXCPPlugin: pass"),
            "Module deep.p must contain an MXCPPlugin class: MXCPPlugin must inherit from MXCPBasePlugin",
        )
        init = "        def __init__(self, config): raise ValueError('no ' + config['k'])"
        with self.assertLogs("mxcp.python"):
            self.assertEqual(self.refusal(init), "plug-in `i`: ValueError: no v")
        twice = (
            "        @udf\n        def f(self) -> int: pass\n        @udf\n        def F(self) -> int: pass"
        )
        self.assertIn("`f_i` and `F_i`", self.refusal(twice))

    def test_functions_compute_chunks(self) -> None:
        engine, _, index = self.loaded(
            """
        @udf
        def add(self, a: int, b: Optional[int]) -> Optional[int]: return None if b is None else a + b
        @udf
        def three(self) -> int: return 3
        @udf
        async def later(self, a: int) -> int:
            import asyncio
            await asyncio.sleep(0)
            return -a
        @udf
        def fails(self, a: int) -> int: raise KeyError(a)
        @udf
        def exits(self) -> int: raise SystemExit
        @udf
        def color(self, a: Color) -> Color: return Color.ONE if a is Color.RED else a
        @udf
        def ident(self, a: uuid.UUID) -> uuid.UUID: return uuid.UUID(int=a.int + 1)
        @udf
        def point(self, a: Point) -> Point: return Point(a["x"] + 1)
        @udf
        def pairs(self, a: list[Pair]) -> list[Pair]: return [Pair(p["a"], p["b"]) for p in a]
        @udf
        def keyed(self, a: dict[int, Color]) -> dict[int, Color]: return a
        @udf
        def used(self) -> str:
            from mxcp.runtime import db
            return str(db.execute("x")) + str(self.get_username()) + str(self.is_authenticated())
"""
        )
        call = FakeCall(user={"provider": "p", "user_id": "1", "username": "ada"})

        def evaluate(name: str, rows: int, *columns: list[Any]) -> list[object]:
            found: list[object] = engine.evaluate(index[f"{name}_i"], list(columns), rows, call)
            return found

        self.assertEqual(evaluate("add", 3, [1, 2, 3], [1, None, 3]), [2, None, 6])
        self.assertEqual(evaluate("three", 2), [3, 3])
        self.assertEqual(evaluate("add", 0, [], []), [])
        self.assertEqual(evaluate("later", 2, [1, 2]), [-1, -2])
        with self.assertRaisesRegex(UdfError, "^KeyError: 7$"):
            evaluate("fails", 1, [7])
        with self.assertRaisesRegex(UdfError, "^SystemExit: SystemExit$"):
            evaluate("exits", 1)
        self.assertEqual(evaluate("color", 3, ["red", "1", None]), ["1", "1", None])
        given = str(uuid.UUID(int=1))
        self.assertEqual(evaluate("ident", 1, [given]), [str(uuid.UUID(int=2))])
        self.assertEqual(evaluate("point", 1, [{"x": 1, "y": None}]), [{"x": 2, "y": None}])
        self.assertEqual(evaluate("pairs", 1, [[{"a": "x", "b": "red"}]]), [[{"a": "x", "b": "red"}]])
        self.assertEqual(evaluate("keyed", 1, [[{"key": 1, "value": "red"}]]), [{1: "red"}])
        self.assertEqual(evaluate("used", 1), ["[{'x': 1}]adaTrue"])

    def test_classes_need_not_call_the_base_class(self) -> None:
        engine = self.project("        def __init__(self, config, user_context=None): pass").engine()
        engine.load_plugins()
        plugin = engine.plugins.instances["i"]
        self.assertIsNone(plugin.user_context)
        self.assertIsNone(plugin.get_user_token())
        self.assertFalse(plugin.is_authenticated())

    def test_plugins_describe_themselves(self) -> None:
        engine = self.project("        @udf\n        def f(self, a: list[Point]) -> Decimal: pass").engine()
        engine.load_plugins()
        plugin = engine.plugins.instances["i"]
        described = plugin.udfs()[0]
        self.assertEqual(described["name"], "f")
        self.assertEqual(described["args"], ['STRUCT("x" INTEGER, "y" DOUBLE)[]'])
        self.assertEqual(described["return_type"], "DECIMAL(18,3)")
        self.assertEqual(type(plugin).find_plugins(sys.modules["deep.p"]), [type(plugin)])

    def test_looking_at_a_plugin_does_not_import_it(self) -> None:
        project = self.project("        pass\n")
        engine = project.engine()
        file = f"{project.root}/plugins/deep/p.py"
        self.assertEqual(engine.check(file, file, "MXCPPlugin", []), [])
        with open(file, "w") as source:
            source.write("raise RuntimeError\n")
        self.assertEqual(engine.check(file, file, "MXCPPlugin", []), [])
        with open(file, "w") as source:
            source.write("\ndef (\n")
        found = engine.check(file, file, "MXCPPlugin", [])
        self.assertEqual(found, [{"kind": "syntax", "message": "invalid syntax", "line": 2}])

    def test_a_plugin_that_can_not_be_made_is_logged_once(self) -> None:
        with self.assertLogs("mxcp.python") as logged:
            describe(self.failure("        def __init__(self, config): raise ValueError('no')\n"))
        self.assertEqual(len(logged.records), 1)

    def failure(self, methods: str) -> PluginError:
        with self.assertRaises(PluginError) as caught:
            self.project(methods).engine().load_plugins()
        return caught.exception


class Values(unittest.TestCase):
    def test_base_values_pass_as_they_are(self) -> None:
        from mxcp._engine.sql_type import sql_type

        for hint in (
            str,
            int,
            float,
            bool,
            bytes,
            Decimal,
            datetime.date,
            "x".__class__,
            list[int],
            dict[str, int],
        ):
            found = sql_type(hint)
            self.assertIsNone(found.read)
            self.assertIsNone(found.write)
