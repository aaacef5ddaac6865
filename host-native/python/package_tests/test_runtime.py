"""What functions see of `mxcp.runtime` and `mxcp.sdk`."""

from __future__ import annotations

import asyncio
import enum
import importlib.util
import unittest
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Optional, TypedDict

import mxcp.runtime
from mxcp._engine.context import CURRENT, Context
from mxcp.runtime import DatabaseError, config, db, mcp, plugins, reload_duckdb
from mxcp.runtime._form import Form
from mxcp.sdk.audit import add_execution_event, begin_execution_event, get_execution_events
from mxcp.sdk.auth import UserContextModel, get_user_context, reset_user_context, set_user_context
from mxcp.sdk import executor
from mxcp.sdk.executor.context import ExecutionContext, get_execution_context

from package_tests.fake import FakeCall, Project

OUTSIDE = "^No execution context available - function not called from MXCP executor$"


class Outside(unittest.TestCase):
    def test_most_things_are_not_there_outside_of_a_call(self) -> None:
        uses: list[Callable[[], object]] = [
            lambda: db.execute("select 1"),
            lambda: config.get_secret("a"),
            lambda: config.get_setting("a"),
            lambda: plugins.get("a"),
            plugins.list,
            reload_duckdb,
            lambda: mcp.elicit("x", {}),
        ]
        for use in uses:
            with self.assertRaisesRegex(RuntimeError, OUTSIDE):
                use()
        self.assertIsNone(config.user_config)
        self.assertIsNone(config.site_config)
        self.assertIsNone(get_user_context())
        self.assertIsNone(get_execution_context())
        self.assertIsNone(get_execution_events())
        mcp.info("nobody hears", whatever=1)
        mcp.progress(1)


class Within(unittest.TestCase):
    def setUp(self) -> None:
        self.project = Project(
            {},
            site_config={"name": "p", "profiles": {"default": {"duckdb": {"path": "x.db"}}}},
            user_config={"mxcp": 1},
            secrets={"s": {"token": "t", "nested": {"n": 1}}, "empty": {}},
        )
        self.addCleanup(self.project.__exit__)
        self.call = FakeCall()
        token = CURRENT.set(Context(self.project.engine(), self.call))
        self.addCleanup(CURRENT.reset, token)

    def test_sql_takes_both_kinds_of_parameters(self) -> None:
        self.assertEqual(db.execute("a"), [{"x": 1}])
        db.execute("b", {"k": 1})
        db.execute("c", (1, 2))
        self.assertEqual(self.call.executed, [("a", None), ("b", {"k": 1}), ("c", [1, 2])])
        for wrong in ("text", 5):
            with self.assertRaises(TypeError):
                db.execute("a", wrong)  # type: ignore[arg-type]

    def test_errors_of_sql_are_those_of_duckdb(self) -> None:
        if importlib.util.find_spec("duckdb") is None:
            with self.assertRaisesRegex(DatabaseError, "^Catalog Error: no table$"):
                db.execute("fail Catalog Error: no table")
            return
        import duckdb

        for text, expected in {
            "Catalog Error": duckdb.CatalogException,
            "Parser Error": duckdb.ParserException,
            "Binder Error": duckdb.BinderException,
            "Conversion Error": duckdb.ConversionException,
            "Constraint Error": duckdb.ConstraintException,
            "Invalid Input Error": duckdb.InvalidInputException,
            "Not implemented Error": duckdb.NotImplementedException,
            "Out of Range Error": duckdb.OutOfRangeException,
            "IO Error": duckdb.IOException,
            "TransactionContext Error": duckdb.TransactionException,
            "Something New Error": duckdb.Error,
        }.items():
            with self.subTest(text), self.assertRaisesRegex(expected, f"^{text}: why$") as caught:
                db.execute(f"fail {text}: why")
            self.assertIs(type(caught.exception), expected)

    def test_configuration_is_found_by_dots(self) -> None:
        self.assertEqual(config.get_setting("profiles.default.duckdb.path"), "x.db")
        self.assertEqual(config.get_setting("name"), "p")
        self.assertEqual(config.get_setting("name.x", 5), 5)
        self.assertIsNone(config.get_setting("nope"))
        self.assertEqual(config.get_secret("s"), {"token": "t", "nested": {"n": 1}})
        self.assertEqual(config.get_secret("empty"), {})
        self.assertIsNone(config.get_secret("nope"))
        self.assertEqual(config.user_config, {"mxcp": 1})

    def test_messages_are_sent_awaited_or_not(self) -> None:
        async def run() -> None:
            mcp.debug("one")
            await mcp.warning("two", logger_name="l")
            await asyncio.create_task(mcp.error("three"))
            await asyncio.gather(mcp.progress(1, 4, "m"), mcp.progress(2))

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            mcp.info("plain")
            asyncio.run(mcp.info("run"))
            asyncio.run(run())
        self.assertEqual(
            self.call.logged,
            [
                ("info", "plain", None),
                ("info", "run", None),
                ("debug", "one", None),
                ("warning", "two", "l"),
                ("error", "three", None),
            ],
        )
        self.assertEqual(self.call.progressed, [(1.0, 4.0, "m"), (2.0, None, None)])

    def test_unknown_keywords_of_messages_are_refused_where_something_is_served(self) -> None:
        with self.assertRaisesRegex(TypeError, r"mcp.info\(\) got an unexpected keyword argument 'extra'"):
            mcp.info("x", extra=1)
        self.call.transport = "cli"
        mcp.info("x", extra=1)
        self.assertEqual(self.call.logged, [("info", "x", None)])

    def test_a_reload_is_asked_for(self) -> None:
        def payload() -> None:
            return

        reload_duckdb(payload, "why")
        reload_duckdb()
        self.assertEqual(self.call.reloads, [(payload, "why"), (None, "")])
        with self.assertRaisesRegex(ValueError, "^payload_func must be callable$"):
            reload_duckdb(5)  # type: ignore[arg-type]

    def test_the_user_of_the_call_is_known(self) -> None:
        self.assertIsNone(get_user_context())
        self.call.user = {"provider": "github", "user_id": "1", "username": "ada", "external_token": "secret"}
        user = get_user_context()
        assert user is not None
        self.assertEqual((user.username, user.email, user.capabilities), ("ada", None, []))
        self.assertNotIn("secret", repr(user))
        with self.assertRaises(AttributeError):
            user.username = "eve"  # type: ignore[misc]
        token = set_user_context(UserContextModel("x", "2", "bob"))
        self.assertEqual(get_user_context(), UserContextModel("x", "2", "bob"))
        reset_user_context(token)
        self.assertEqual(get_user_context(), user)

    def test_the_execution_context_has_what_belongs_to_the_call(self) -> None:
        self.call.headers = {"a": "b"}
        self.call.user = {"provider": "github", "user_id": "1", "username": "ada"}
        context = get_execution_context()
        assert context is not None
        self.assertEqual(context.get("request_headers"), {"a": "b"})
        self.assertEqual((context.get("transport"), context.username), ("stdio", "ada"))
        self.assertIs(context.get("duckdb_runtime"), mxcp.runtime.db)
        self.assertIsNotNone(context.get("_mxcp_server"))
        context.set("mine", 1)
        again = get_execution_context()
        assert again is not None
        self.assertEqual((again.get("mine"), again.get("nope", 5)), (1, 5))

    def test_the_execution_context_goes_by_both_of_its_names(self) -> None:
        self.assertIs(executor.get_execution_context, get_execution_context)
        self.assertIs(executor.ExecutionContext, ExecutionContext)

    def test_events_are_kept_with_the_call(self) -> None:
        span = begin_execution_event()
        add_execution_event(span=span, status="error", target="api", error="e", details={"a": 1})
        events = get_execution_events()
        assert events is not None
        self.assertEqual((events[0].kind, events[0].status, events[0].target), ("external", "error", "api"))
        self.assertRegex(events[0].started_at, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        noted = self.call.noted[0]
        keys = "kind started_at duration_ms status target operation summary error details"
        self.assertEqual(list(noted), keys.split())
        self.assertEqual((noted["details"], noted["error"]), ({"a": 1}, "e"))

    def test_details_without_a_json_form_are_a_text(self) -> None:
        add_execution_event(span=begin_execution_event(), details={"a": Color})
        self.assertEqual(self.call.noted[0]["details"], repr({"a": Color}))


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Answer:
    name: str
    color: Color
    size: Literal["s", "m"]
    day: date
    tags: list[Literal["a", "b"]]
    age: Optional[int] = None
    ratio: float = field(default=0.5, metadata={"title": "Ratio", "maximum": 1})


class Dict(TypedDict, total=False):
    ok: bool


class Forms(unittest.TestCase):
    def test_classes_stand_for_schemas(self) -> None:
        form = Form(Answer)
        self.assertEqual(
            form.schema,
            {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "color": {"type": "string", "enum": ["red", "blue"]},
                    "size": {"type": "string", "enum": ["s", "m"]},
                    "day": {"type": "string", "format": "date"},
                    "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
                    "age": {"type": "integer"},
                    "ratio": {"type": "number", "default": 0.5, "title": "Ratio", "maximum": 1},
                },
                "required": ["name", "color", "size", "day", "tags"],
            },
        )
        given: dict[str, Any] = {"name": "n", "color": "red", "size": "s", "day": "2024-02-29", "tags": ["a"]}
        self.assertEqual(form.read(given), Answer("n", Color.RED, "s", date(2024, 2, 29), ["a"]))
        self.assertEqual(
            Form(Dict).schema, {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": []}
        )
        self.assertEqual(Form(Dict).read({"ok": True}), {"ok": True})
        for wrong in (5, int, "text"):
            with self.assertRaises(TypeError):
                Form(wrong)

    @unittest.skipUnless(importlib.util.find_spec("pydantic"), "pydantic is not installed")
    def test_models_of_pydantic_stand_for_schemas(self) -> None:
        import pydantic

        model = pydantic.create_model("Model", color=(Color, ...), note=(Optional[str], None))
        form = Form(model)
        properties: Any = form.schema["properties"]
        self.assertEqual(properties["color"]["enum"], ["red", "blue"])
        self.assertEqual(properties["note"]["type"], "string")
        self.assertEqual(form.read({"color": "red"}), model(color=Color.RED))
