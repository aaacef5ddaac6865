"""Turns values of any class into values of the few that every encoder knows.

Those are `None`, `bool`, `int`, `float`, `str`, `bytes`, `list`, `tuple`, `dict`, `date`, `time`,
`datetime`, `timedelta`, `Decimal` and `ContentBlock`, exactly, not classes derived from them.
"""

from __future__ import annotations

import datetime
import operator
import sys
from collections import deque
from collections.abc import Callable, ItemsView, KeysView, Mapping, Set, ValuesView
from decimal import Decimal
from typing import Any

from mxcp._engine import simplify_numpy, simplify_pandas
from mxcp._engine.content import ContentBlock
from mxcp._engine.results import drain

_Rule = Callable[[Any], object]

# What was found out about classes. Classes of modules that are imported anew must not stay alive here.
_rules: dict[type, _Rule] = {}

_MCP_CONTENT = {"TextContent", "ImageContent", "AudioContent", "EmbeddedResource", "ResourceLink"}
_TEXTS = {"uuid", "pathlib", "ipaddress", "zoneinfo", "fractions", "pydantic", "pydantic_core", "yarl"}
_LAZY_SEQUENCES = (range, map, filter, zip, enumerate, reversed)


def simplify(value: object, typed: bool) -> object:
    """One step: an equal value whose outermost part is of a base class. What it contains may not be.

    `typed` says whether the endpoint declares what it returns; the step is the same either way, as
    it is for the command line and MCP.
    """
    kind = type(value)
    rule = _rules.get(kind)
    if rule is None:
        rule = _rules[kind] = _rule_for(kind)
    return rule(value)


def forget_types() -> None:
    """Forgets what was found out about classes."""
    _rules.clear()


def _rule_for(kind: type) -> _Rule:
    """How to simplify values of a class: by what it is, then by what it can do."""
    for find in (_of_library, _of_enum, _of_base, _of_record, _of_collection):
        rule = find(kind)
        if rule is not None:
            return rule
    return str


def _of_library(kind: type) -> _Rule | None:
    """Classes of libraries, found by name: a library that nobody imported has no values either."""
    package = kind.__module__.partition(".")[0]
    if package == "numpy":
        return simplify_numpy.rule_for(kind)
    if package == "pandas":
        return simplify_pandas.rule_for(kind)
    if package in ("polars", "pyarrow"):
        for method in ("to_dicts", "to_list", "to_pylist", "as_py"):
            if callable(getattr(kind, method, None)):
                return operator.methodcaller(method)
    for content in (_of_mxcp_content, _of_mcp_content):
        rule = content(kind)
        if rule is not None:
            return rule
    return None


def _of_mxcp_content(kind: type) -> _Rule | None:
    module = sys.modules.get("mxcp.content")
    if module is not None and issubclass(kind, module.Content):
        return lambda value: ContentBlock(value.to_wire())
    return None


def _of_mcp_content(kind: type) -> _Rule | None:
    """Content blocks of the `mcp` package, and helpers of its server that make some."""
    if callable(getattr(kind, "to_image_content", None)):
        return lambda value: simplify(value.to_image_content(), typed=True)
    if callable(getattr(kind, "to_audio_content", None)):
        return lambda value: simplify(value.to_audio_content(), typed=True)
    for base in kind.__mro__:
        # The second is where the package keeps them from its second version on.
        if base.__name__ in _MCP_CONTENT and base.__module__.partition(".")[0] in ("mcp", "mcp_types"):
            return lambda value: ContentBlock(value.model_dump(mode="json", by_alias=True, exclude_none=True))
    return None


def _of_enum(kind: type) -> _Rule | None:
    # Members may be texts or numbers too: their value is what they stand for.
    module = sys.modules.get("enum")
    if module is not None and issubclass(kind, module.Enum):
        return lambda value: value.value
    return None


def _of_base(kind: type) -> _Rule | None:
    """Classes derived from base classes lose what they add."""
    for base, rule in _BASES:
        if issubclass(kind, base):
            return rule
    return None


def _of_record(kind: type) -> _Rule | None:
    """Classes whose instances are fields with names."""
    if callable(getattr(kind, "model_dump", None)):
        return lambda value: value.model_dump()
    if hasattr(kind, "__fields__") and callable(getattr(kind, "dict", None)):
        # Models of pydantic before its second version.
        return lambda value: value.dict()
    dataclasses: Any = sys.modules.get("dataclasses")
    if dataclasses is not None and dataclasses.is_dataclass(kind):
        return _by_attributes([field.name for field in dataclasses.fields(kind)])
    attributes = getattr(kind, "__attrs_attrs__", None)
    if attributes is not None:
        return _by_attributes([attribute.name for attribute in attributes])
    return None


def _of_collection(kind: type) -> _Rule | None:
    if issubclass(kind, Mapping):
        return lambda value: dict(value.items())
    if issubclass(kind, (set, frozenset, deque, Set, KeysView, ValuesView, ItemsView, *_LAZY_SEQUENCES)):
        return list
    if issubclass(kind, type(_ for _ in ())):
        return drain
    if issubclass(kind, (bytearray, memoryview)):
        return bytes
    # What is written as a text wherever it is written. Models of pydantic are none of these by now.
    return str if kind.__module__.partition(".")[0] in _TEXTS else None


def _by_attributes(names: list[str]) -> _Rule:
    return lambda value: {name: getattr(value, name) for name in names if hasattr(value, name)}


def _datetime(value: datetime.datetime) -> datetime.datetime:
    return datetime.datetime(
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond,
        value.tzinfo,
        fold=value.fold,
    )


def _time(value: datetime.time) -> datetime.time:
    return datetime.time(
        value.hour, value.minute, value.second, value.microsecond, value.tzinfo, fold=value.fold
    )


# `datetime` before `date`, which it is derived from. Methods of the base class itself give its instances,
# whatever a derived class makes of them.
_BASES: tuple[tuple[type, _Rule], ...] = (
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (bytes, lambda value: bytes(memoryview(value))),
    (list, lambda value: list(list.__iter__(value))),
    (tuple, lambda value: list(tuple.__iter__(value))),
    (dict, lambda value: dict(value.items())),
    (datetime.datetime, _datetime),
    (datetime.date, lambda value: datetime.date(value.year, value.month, value.day)),
    (datetime.time, _time),
    (datetime.timedelta, lambda value: datetime.timedelta(value.days, value.seconds, value.microseconds)),
    (Decimal, lambda value: Decimal(value)),
)
