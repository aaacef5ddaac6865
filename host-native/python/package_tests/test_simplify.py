"""Values of many classes become values of few."""

from __future__ import annotations

import collections
import datetime
import enum
import importlib.util
import ipaddress
import pathlib
import sys
import unittest
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from mxcp import content
from mxcp._engine import ContentBlock, simplify

BASE = {
    type(None), bool, int, float, str, bytes, list, tuple, dict, Decimal, datetime.date, datetime.time,
    datetime.datetime, datetime.timedelta, ContentBlock,
}  # fmt: skip


def plain(value: Any) -> Any:
    """Simplifies all the way down, as encoders do."""
    if type(value) not in BASE:
        value = simplify(value, typed=True)
        assert type(value) in BASE, value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return type(value)({plain(key): plain(item) for key, item in value.items()})
    return value


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class Word(str):
    def __str__(self) -> str:
        return "not this"


class Number(int):
    pass


class Day(datetime.date):
    pass


class Point(NamedTuple):
    x: int
    y: int


@dataclass
class Inner:
    when: datetime.date
    secret: str = field(default="s", repr=False)
    kind: ClassVar[int] = 1


@dataclass
class Outer:
    inner: Inner
    tags: set[str]


class Odd:
    def __repr__(self) -> str:
        return "<odd>"


class Worded(Odd):
    def __str__(self) -> str:
        return "in words"


class Simplify(unittest.TestCase):
    def check(self, value: Any, expected: Any) -> None:
        found = plain(value)
        self.assertEqual(found, expected)
        self.assertIs(type(found), type(expected))

    def test_values_of_the_standard_library(self) -> None:
        day = datetime.date(2024, 2, 29)
        cases: list[tuple[Any, Any]] = [
            (Color.RED, "red"),
            (Level.LOW, 1),
            (Word("word"), "word"),
            (Number(5), 5),
            (Day(2024, 2, 29), day),
            (Point(1, 2), [1, 2]),
            (Outer(Inner(day), {"a"}), {"inner": {"when": day, "secret": "s"}, "tags": ["a"]}),
            ({1}, [1]),
            (frozenset({1}), [1]),
            (collections.deque([1, 2]), [1, 2]),
            ((n for n in range(2)), [0, 1]),
            (map(str, [1]), ["1"]),
            ({"a": 1}.keys(), ["a"]),
            (collections.OrderedDict(a=1), {"a": 1}),
            (collections.Counter("aa"), {"a": 2}),
            (collections.ChainMap({"a": 1}), {"a": 1}),
            (MappingProxyType({"a": Color.RED}), {"a": "red"}),
            (bytearray(b"x"), b"x"),
            (memoryview(b"x"), b"x"),
            (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
            (pathlib.Path("/a"), "/a"),
            (ipaddress.ip_address("::1"), "::1"),
            (Odd(), "<odd>"),
            (Worded(), "in words"),
            (1j, "1j"),
            ([{"a": Odd()}], [{"a": "<odd>"}]),
        ]
        for value, expected in cases:
            with self.subTest(type(value).__name__):
                self.check(value, expected)

    def test_content_blocks(self) -> None:
        self.check(content.Text("a"), ContentBlock(type="text", text="a"))
        self.check(content.Image(b"ab"), ContentBlock(type="image", data="YWI=", mimeType="image/png"))
        self.check(content.Audio("YWI="), ContentBlock(type="audio", data="YWI=", mimeType="audio/wav"))
        resource = {"uri": "a:b", "mimeType": "text/plain", "text": "t"}
        self.check(
            content.Resource("a:b", "t", "text/plain"), ContentBlock(type="resource", resource=resource)
        )
        link = content.ResourceLink("a:b", "n", annotations={"priority": 1})
        expected = ContentBlock(type="resource_link", uri="a:b", name="n", annotations={"priority": 1})
        self.check(link, expected)

    @unittest.skipUnless(importlib.util.find_spec("numpy"), "numpy is not installed")
    def test_values_of_numpy(self) -> None:
        import numpy

        moment = datetime.datetime(2024, 2, 29, 1, 2, 3, 4)
        record = numpy.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")])
        cases: list[tuple[Any, Any]] = [
            (numpy.int64(5), 5),
            (numpy.float32(0.5), 0.5),
            (numpy.float64(0.5), 0.5),
            (numpy.longdouble(0.5), 0.5),
            (numpy.bool_(True), True),
            (numpy.str_("a"), "a"),
            (numpy.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
            (numpy.array(["a", None], dtype=object), ["a", None]),
            (numpy.array(5), 5),
            (numpy.datetime64(moment, "ns"), moment),
            (numpy.datetime64("2024-02-29"), moment.date()),
            (numpy.datetime64("NaT"), None),
            (numpy.timedelta64(1500, "ms"), datetime.timedelta(seconds=1.5)),
            (numpy.array([numpy.datetime64(moment, "ns")]), [moment]),
            (record, [{"a": 1, "b": 2.5}]),
            (record[0], {"a": 1, "b": 2.5}),
            (numpy.complex128(1j), 1j.__repr__()),
        ]
        for value, expected in cases:
            with self.subTest(repr(value)):
                self.check(value, expected)

    @unittest.skipUnless(importlib.util.find_spec("pandas"), "pandas is not installed")
    def test_values_of_pandas(self) -> None:
        import pandas

        moment = datetime.datetime(2024, 2, 29, 1, 2, 3, 4)
        frame = pandas.DataFrame({"a": [1, 2], "t": [pandas.Timestamp(moment), pandas.NaT], "s": ["x", None]})
        cases: list[tuple[Any, Any]] = [
            (pandas.Timestamp(moment), moment),
            (pandas.Timestamp(moment, tz="UTC"), moment.replace(tzinfo=datetime.timezone.utc)),
            (pandas.Timedelta(seconds=1), datetime.timedelta(seconds=1)),
            (pandas.NaT, None),
            (pandas.NA, None),
            (pandas.Series([1, 2]), [1, 2]),
            (pandas.Index(["a"]), ["a"]),
            (pandas.Categorical(["a", "a"]), ["a", "a"]),
            (pandas.Period("2024-02"), "2024-02"),
        ]
        for value, expected in cases:
            with self.subTest(repr(value)):
                self.check(value, expected)
        self.assertEqual(plain(frame)[0], {"a": 1, "t": moment, "s": "x"})
        self.assertEqual(plain(frame)[1]["t"], None)

    @unittest.skipUnless(importlib.util.find_spec("pydantic"), "pydantic is not installed")
    def test_models_of_pydantic(self) -> None:
        import pydantic

        fields: Any = {"color": (Color, ...), "day": (datetime.date, ...), "link": (pydantic.HttpUrl, ...)}
        model = pydantic.create_model("Model", **fields)
        given = {"color": "red", "day": datetime.date(2024, 2, 29), "link": "https://a.example/"}
        self.check(model.model_validate(given), given)
        self.check(pydantic.SecretStr("hidden"), "**********")

    @unittest.skipUnless(importlib.util.find_spec("mcp"), "mcp is not installed")
    def test_content_of_the_mcp_package(self) -> None:
        from mcp import types

        class Helper:
            """As the servers of the package have them."""

            def to_image_content(self) -> Any:
                return given

        text = types.TextContent(type="text", text="a")
        self.check(text, ContentBlock(type="text", text="a"))
        given = types.ImageContent.model_validate({"type": "image", "data": "YWI=", "mimeType": "image/png"})
        image = ContentBlock(type="image", data="YWI=", mimeType="image/png")
        self.check(given, image)
        self.check(Helper(), image)

    def test_nothing_is_imported(self) -> None:
        import subprocess

        code = (
            "import sys, mxcp.runtime, mxcp._engine;"
            "print({'numpy', 'pandas', 'asyncio', 'inspect', 'dataclasses', 'logging'} & set(sys.modules))"
        )
        environment = {"PYTHONPATH": str(pathlib.Path(content.__file__).parents[1])}
        found = subprocess.run(
            [sys.executable, "-S", "-c", code], capture_output=True, text=True, env=environment
        )
        self.assertEqual((found.stdout, found.stderr), ("set()\n", ""))
