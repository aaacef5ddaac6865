"""What SQL makes of a type hint."""

from __future__ import annotations

import datetime
import enum
import types
import typing
import uuid
from collections.abc import Callable
from dataclasses import is_dataclass
from decimal import Decimal
from typing import Any, Union

from mxcp._engine.errors import PluginError

# `"INTEGER"`, `{"list": T}`, `{"map": [K, V]}` or `{"struct": [[name, T], …]}`.
Sql = Any
Convert = Callable[[Any], Any]

# The exact class of a hint decides: `bool` is an `int`, and `datetime` a `date`.
_SCALARS: dict[Any, str] = {
    str: "VARCHAR",
    int: "INTEGER",
    float: "DOUBLE",
    bool: "BOOLEAN",
    bytes: "BLOB",
    Decimal: "DECIMAL",
    datetime.date: "DATE",
    datetime.time: "TIME",
    datetime.datetime: "TIMESTAMP",
    datetime.timedelta: "INTERVAL",
}
_NOT_FIELDS = (typing.ClassVar,)


class SqlType:
    """A type of SQL, and how values pass between it and the hint that it was made for."""

    def __init__(self, sql: Sql, read: Convert | None = None, write: Convert | None = None) -> None:
        self.sql = sql
        # Makes what the hint promises of what the database gives; none if that is the same.
        self.read = read
        # Makes what the database takes of what the hint allows; none if that is the same.
        self.write = write

    def text(self) -> str:
        """The type as SQL writes it."""
        return _text(self.sql)


def sql_type(hint: Any) -> SqlType:
    """The type of SQL for a hint. Raises `PluginError` if there is none."""
    return _sql_type(hint, ())


def _sql_type(hint: Any, within: tuple[Any, ...]) -> SqlType:
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if origin is typing.Annotated:
        return _sql_type(arguments[0], within)
    if origin is Union or origin is types.UnionType:
        present = [argument for argument in arguments if argument is not types.NoneType]
        if len(present) == 1 and len(arguments) == 2:
            return _sql_type(present[0], within)
        raise _refused(hint)
    if origin is list:
        return _list(_sql_type(arguments[0], within))
    if origin is dict:
        return _map(_sql_type(arguments[0], within), _sql_type(arguments[1], within))
    if hint is Any:
        raise PluginError("Type 'Any' is not supported")
    if hint in _SCALARS:
        return SqlType(_SCALARS[hint])
    if not isinstance(hint, type) or origin is not None or hint in within:
        raise _refused(hint)
    if issubclass(hint, enum.Enum):
        return SqlType("VARCHAR", _nullable(_enum_reader(hint)), _nullable(_enum_text))
    if issubclass(hint, uuid.UUID):
        return SqlType("UUID", _nullable(_uuid), _nullable(str))
    return _struct(hint, (*within, hint))


def _list(item: SqlType) -> SqlType:
    return SqlType({"list": item.sql}, _of_items(item.read), _of_items(item.write))


def _of_items(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    return _nullable(lambda items: [convert(item) for item in items])


def _map(key: SqlType, value: SqlType) -> SqlType:
    def read(entries: Any) -> Any:
        # Keys that are no texts come in pairs.
        pairs = entries.items() if isinstance(entries, dict) else ((e["key"], e["value"]) for e in entries)
        return {_converted(key.read, k): _converted(value.read, v) for k, v in pairs}

    def write(entries: Any) -> Any:
        return {_converted(key.write, k): _converted(value.write, v) for k, v in entries.items()}

    as_it_is = key.sql == "VARCHAR" and key.read is None and value.read is None
    writes = key.write is not None or value.write is not None
    return SqlType(
        {"map": [key.sql, value.sql]},
        None if as_it_is else _nullable(read),
        _nullable(write) if writes else None,
    )


def _struct(hint: type, within: tuple[Any, ...]) -> SqlType:
    try:
        hints = typing.get_type_hints(hint, include_extras=True)
    except Exception as error:
        raise PluginError(f"type hints of '{hint.__name__}' can't be resolved: {error}") from error
    fields = {
        name: _sql_type(_unwrap(field), within)
        for name, field in hints.items()
        if typing.get_origin(field) not in _NOT_FIELDS and field not in _NOT_FIELDS
    }
    if not fields:
        raise _refused(hint)
    return SqlType(
        {"struct": [[name, field.sql] for name, field in fields.items()]},
        _struct_reader(fields),
        _nullable(_struct_writer(hint, fields)),
    )


def _unwrap(field: Any) -> Any:
    """The type within `Required[…]`, `NotRequired[…]` and `ReadOnly[…]`."""
    while getattr(typing.get_origin(field), "_name", None) in ("Required", "NotRequired", "ReadOnly"):
        field = typing.get_args(field)[0]
    return field


def _struct_reader(fields: dict[str, SqlType]) -> Convert | None:
    """Structs are given as dicts, of whatever class their hint is."""
    if all(field.read is None for field in fields.values()):
        return None
    return _nullable(
        lambda value: {
            name: _converted(fields[name].read if name in fields else None, item)
            for name, item in value.items()
        }
    )


def _struct_writer(hint: type, fields: dict[str, SqlType]) -> Convert:
    """Dicts are taken for structs, and so are instances of anything that has the attributes."""

    def write(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: _converted(fields[name].write if name in fields else None, item)
                for name, item in value.items()
            }
        if isinstance(value, hint) or is_dataclass(value):
            return {
                name: _converted(field.write, getattr(value, name, None)) for name, field in fields.items()
            }
        return value

    return write


def _enum_reader(hint: type[enum.Enum]) -> Convert:
    """Members by their value, by its text, or by their name."""
    members: dict[Any, enum.Enum] = {name: member for name, member in hint.__members__.items()}
    members.update({str(member.value): member for member in hint})

    def read(value: Any) -> enum.Enum:
        member = members.get(value)
        return member if member is not None else hint(value)

    return read


def _enum_text(value: Any) -> Any:
    return str(value.value) if isinstance(value, enum.Enum) else value


def _uuid(value: Any) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))


def _nullable(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _converted(convert: Convert | None, value: Any) -> Any:
    return value if convert is None else convert(value)


def _refused(hint: Any) -> PluginError:
    if isinstance(hint, type) and typing.get_origin(hint) is None:
        shown = hint.__name__
    else:
        shown = str(hint).replace("typing.", "")
    return PluginError(f"Type '{shown}' is not supported in UDF type annotations")


def _text(sql: Sql) -> str:
    if isinstance(sql, str):
        return "DECIMAL(18,3)" if sql == "DECIMAL" else sql
    if "list" in sql:
        return f"{_text(sql['list'])}[]"
    if "map" in sql:
        key, value = sql["map"]
        return f"MAP({_text(key)}, {_text(value)})"
    fields = ", ".join(f'"{name}" {_text(field)}' for name, field in sql["struct"])
    return f"STRUCT({fields})"
