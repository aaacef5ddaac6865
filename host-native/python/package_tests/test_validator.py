"""Types as endpoints declare them, for code of one's own."""

from __future__ import annotations

import asyncio
import datetime
import json
import tempfile
import unittest
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

from mxcp.sdk.validator import TypeValidator, ValidationError
from mxcp.sdk.validator.decorators import (
    load_schema_from_file,
    validate,
    validate_input,
    validate_output,
    validate_strict,
)


def one(**schema: Any) -> TypeValidator:
    """A validator of a parameter `a`, and of results of the same type."""
    return TypeValidator.from_dict({"input": {"parameters": [{"name": "a", **schema}]}, "output": schema})


class Inputs(unittest.TestCase):
    def test_arguments_are_converted(self) -> None:
        cases: list[tuple[dict[str, Any], Any, Any]] = [
            ({"type": "integer"}, "5", 5),
            ({"type": "integer"}, 5.0, 5),
            ({"type": "integer"}, "9" * 30, int("9" * 30)),
            ({"type": "number"}, "1e3", 1000.0),
            ({"type": "boolean"}, "Yes", True),
            ({"type": "string"}, True, "true"),
            ({"type": "string", "format": "date"}, "2024-02-29", datetime.date(2024, 2, 29)),
            (
                {"type": "string", "format": "date-time"},
                "2024-02-29T01:02:03Z",
                datetime.datetime(2024, 2, 29, 1, 2, 3, tzinfo=datetime.timezone.utc),
            ),
            ({"type": "string", "format": "timestamp"}, "60", datetime.datetime(1970, 1, 1, 0, 1)),
            ({"type": "array", "items": {"type": "integer"}}, '["1", 2]', [1, 2]),
            (
                {
                    "type": "object",
                    "properties": {"k": {"type": "integer"}, "d": {"type": "string", "default": "x"}},
                },
                {"k": "1", "other": 2},
                {"k": 1, "other": 2, "d": "x"},
            ),
            ({"type": "integer", "enum": [1, 2]}, "2", 2),
            ({"type": "integer"}, None, None),
        ]
        for schema, given, expected in cases:
            with self.subTest(schema=schema, given=given):
                found = one(**schema).validate_input({"a": given})["a"]
                self.assertEqual(found, expected)
                self.assertIs(type(found), type(expected))

    def test_what_can_not_be_converted_is_refused(self) -> None:
        prefix = "Error validating parameter 'a': "
        cases: list[tuple[dict[str, Any], Any, str]] = [
            ({"type": "integer"}, "5.7", prefix + "Expected integer, got float"),
            ({"type": "integer"}, [], prefix + "Expected integer, got list"),
            ({"type": "number"}, "x", prefix + "Expected number, got str"),
            ({"type": "boolean"}, "maybe", prefix + "Expected boolean, got str"),
            ({"type": "string", "minLength": 2}, "x", prefix + "String must be at least 2 characters long"),
            ({"type": "string", "format": "date"}, "soon", prefix + "Invalid date format: soon"),
            ({"type": "string", "format": "email"}, "nope", prefix + "Invalid email format: nope"),
            ({"type": "string", "format": "duration"}, "PT", prefix + "Invalid duration format: PT"),
            ({"type": "integer", "maximum": 3}, 4, prefix + "Value must be <= 3"),
            ({"type": "number", "multipleOf": 0.1}, 0.35, prefix + "Value must be multiple of 0.1"),
            ({"type": "array"}, "{", prefix + "Invalid JSON array: {"),
            ({"type": "array", "uniqueItems": True}, [1, 1], prefix + "Array must contain unique items"),
            (
                {"type": "array", "items": {"type": "object", "properties": {"k": {"type": "integer"}}}},
                [{}, {"k": "x"}],
                "Error validating parameter 'a[1].k': Expected integer, got str",
            ),
            (
                {"type": "object", "required": ["k"], "properties": {}, "additionalProperties": False},
                {},
                prefix + "Missing required properties: k",
            ),
            ({"type": "string", "enum": ["x"]}, "y", "Invalid value for a. Must be one of: ['x']"),
        ]
        for schema, given, text in cases:
            with self.subTest(schema=schema, given=given):
                with self.assertRaises(ValidationError) as caught:
                    one(**schema).validate_input({"a": given})
                self.assertEqual(str(caught.exception), text)

    def test_names_are_checked(self) -> None:
        with self.assertRaisesRegex(ValidationError, "^Required parameter missing: a$"):
            one(type="string").validate_input({})
        with self.assertRaisesRegex(ValidationError, "^Unknown parameter: zz$"):
            one(type="string").validate_input({"a": "", "zz": 1})
        self.assertEqual(one(type="string", default=None).validate_input({}), {"a": None})


class Outputs(unittest.TestCase):
    def test_results_are_of_their_type(self) -> None:
        cases: list[tuple[dict[str, Any], Any]] = [
            ({"type": "integer"}, Decimal(5)),
            ({"type": "integer"}, 5.0),
            ({"type": "number"}, Decimal("1.5")),
            ({"type": "string"}, datetime.date(2024, 2, 29)),
            ({"type": "array"}, []),
            ({"type": "object"}, None),
        ]
        for schema, value in cases:
            with self.subTest(schema=schema, value=value):
                self.assertEqual(one(**schema).validate_output(value), value)
        self.assertEqual(one(type="string").validate_output(uuid.UUID(int=0)), str(uuid.UUID(int=0)))
        self.assertEqual(one(type="array").validate_output((1, 2)), [1, 2])

    def test_others_are_refused(self) -> None:
        nested = {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "integer"}}}}
        cases: list[tuple[dict[str, Any], Any, str]] = [
            ({"type": "integer"}, True, "Expected integer, got bool"),
            ({"type": "string"}, 5, "Expected string, got int"),
            ({"type": "array"}, {}, "Expected array, got dict"),
            (nested, [{"x": "a"}], "Array item 0: Property 'x': Expected integer, got str"),
            ({"type": "integer", "minimum": 3}, 2, "Value must be >= 3"),
        ]
        for schema, value, text in cases:
            with self.subTest(schema=schema, value=value):
                with self.assertRaises(ValidationError) as caught:
                    one(**schema).validate_output(value)
                self.assertEqual(str(caught.exception), f"Output validation failed: {text}")


class Decorators(unittest.TestCase):
    SCHEMA: dict[str, Any] = {
        "parameters": [{"name": "a", "type": "integer"}, {"name": "b", "type": "integer", "default": 1}],
        "return": {"type": "integer"},
    }

    def test_functions_are_wrapped(self) -> None:
        @validate(self.SCHEMA)
        def plain(a: int, b: int) -> object:
            return a + b if a else "text"

        @validate(self.SCHEMA)
        async def later(a: int, b: int) -> object:
            return a + b

        self.assertEqual(plain("1", b="2"), 3)  # type: ignore[arg-type]
        self.assertEqual(asyncio.run(later(a="1")), 2)  # type: ignore[arg-type, call-arg]
        with self.assertRaises(ValidationError):
            plain(0)  # type: ignore[call-arg]

    def test_both_ways_may_be_said_apart(self) -> None:
        parameters, result = self.SCHEMA["parameters"], self.SCHEMA["return"]

        def given(a: int, b: int = 7, **rest: object) -> object:
            return a + b if not rest else "text"

        for schema in (parameters, {"parameters": parameters}, {"input": {"parameters": parameters}}):
            with self.subTest(schema):
                checked = validate(input_schema=schema, output_schema=result)(given)
                # The function's own default comes before that of the schema.
                self.assertEqual(checked("1"), 8)  # type: ignore[arg-type]
                self.assertEqual(validate_strict(schema, result)(given)(1, "2"), 3)  # type: ignore[arg-type]
                with self.assertRaisesRegex(ValidationError, "Unknown parameter: c"):
                    checked(1, c=2)
        self.assertEqual(validate_input(parameters)(given)("1", b="2"), 3)  # type: ignore[arg-type]
        with self.assertRaisesRegex(ValidationError, "Expected integer, got str"):
            validate_output(result)(given)(1, c=2)

    def test_a_function_has_the_parameters_of_its_schema(self) -> None:
        def other(z: int) -> int:
            return z

        with self.assertRaisesRegex(ValidationError, "Function missing parameters: a, b"):
            validate(self.SCHEMA)(other)
        validate(self.SCHEMA, validate_signature=False)(other)
        validate(self.SCHEMA)(lambda **named: sum(named.values()))

    def test_defaults_may_be_left_out(self) -> None:
        validator = TypeValidator.from_dict(self.SCHEMA, strict=True)
        self.assertEqual(validator.validate_input({"a": "1"}), {"a": 1, "b": 1})
        self.assertEqual(validator.validate_input({"a": "1"}, apply_defaults=False), {"a": 1})

    def test_schemas_are_read_from_files(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "schema.json")
            path.write_text(json.dumps(self.SCHEMA), encoding="utf-8")
            self.assertEqual(load_schema_from_file(path), self.SCHEMA)
