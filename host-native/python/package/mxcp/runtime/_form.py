"""Forms that people fill in."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, Union

# Keywords of JSON Schema that forms have no use for.
_UNKNOWN_TO_FORMS = ("additionalProperties", "$defs", "$schema", "definitions")


class Form:
    """A form: the schema that the client shows, and what is made of what was filled in."""

    def __init__(self, given: Any) -> None:
        """Takes a JSON Schema, a dataclass, a `TypedDict` or a pydantic model."""
        self.schema: dict[str, object]
        self.read: Callable[[dict[str, Any]], Any]
        if isinstance(given, dict):
            self.schema, self.read = _completed(given), lambda content: content
        elif callable(getattr(given, "model_json_schema", None)):
            self.schema, self.read = _of_model(given.model_json_schema()), given.model_validate
        elif isinstance(given, type) and getattr(given, "__annotations__", None):
            self.schema, self.read = _of_class(given)
        else:
            raise TypeError(f"schema must be a dict or a class with annotations, not {given!r}")


def _completed(schema: dict[str, Any]) -> dict[str, object]:
    """A schema of an object; a dict without `type` is taken for the properties."""
    if "type" in schema and "properties" in schema:
        return dict(schema)
    if schema.get("type") == "object" or "properties" in schema:
        return {"type": "object", "properties": {}, **schema}
    return {"type": "object", "properties": schema, "required": list(schema)}


def _of_model(schema: dict[str, Any]) -> dict[str, object]:
    """The schema of a pydantic model, references followed: clients take plain properties only."""
    definitions = schema.get("$defs", {})

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(item) for item in node]
        if not isinstance(node, dict):
            return node
        target = node.get("$ref")
        if isinstance(target, str):
            rest = {name: value for name, value in node.items() if name != "$ref"}
            return plain({**definitions.get(target.rpartition("/")[2], {}), **rest})
        options = [option for option in node.get("anyOf", []) if option != {"type": "null"}]
        if len(options) == 1:
            rest = {name: value for name, value in node.items() if name not in ("anyOf", "default")}
            return plain({**options[0], **rest})
        return {name: plain(value) for name, value in node.items()}

    return {name: plain(value) for name, value in schema.items() if name not in _UNKNOWN_TO_FORMS}


def _of_class(given: Any) -> tuple[dict[str, object], Callable[[dict[str, Any]], Any]]:
    hints = typing.get_type_hints(given, include_extras=True)
    properties: dict[str, object] = {}
    required: list[str] = []
    optional = set(getattr(given, "__optional_keys__", ()))
    fields = getattr(given, "__dataclass_fields__", {})
    for name, hint in hints.items():
        if typing.get_origin(hint) is typing.ClassVar:
            continue
        prop, nullable = _property(hint)
        default = _default(given, fields, name)
        if default is not None:
            prop["default"] = getattr(default, "value", default)
        prop.update(
            {k: v for k, v in getattr(fields.get(name), "metadata", {}).items() if isinstance(k, str)}
        )
        properties[name] = prop
        if not nullable and name not in optional and not _has_default(given, fields, name):
            required.append(name)
    schema: dict[str, object] = {"type": "object", "properties": properties, "required": required}
    if not fields:
        return schema, lambda content: content
    return schema, lambda content: given(
        **{n: _filled(hints[n], v) for n, v in content.items() if n in hints}
    )


def _property(hint: Any) -> tuple[dict[str, Any], bool]:
    """The property for a hint, and whether it may be left out."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        prop, nullable = _property(arguments[0])
        texts = [extra for extra in arguments[1:] if isinstance(extra, str)]
        return ({**prop, "description": texts[0]} if texts else prop), nullable
    if getattr(origin, "_name", None) in ("Required", "NotRequired", "ReadOnly"):
        return _property(arguments[0])
    if origin in (Union, types.UnionType):
        present = [argument for argument in arguments if argument is not types.NoneType]
        if len(present) == 1:
            return _property(present[0])[0], True
    elif origin is list:
        return {"type": "array", "items": _property(arguments[0])[0]}, False
    elif origin is Literal and all(isinstance(value, str) for value in arguments):
        return {"type": "string", "enum": list(arguments)}, False
    elif hint in _PLAIN:
        return {"type": _PLAIN[hint]}, False
    elif _is_enum(hint):
        return {"type": "string", "enum": [str(member.value) for member in hint]}, False
    elif isinstance(hint, type) and (hint.__module__, hint.__name__) in _FORMATS:
        return {"type": "string", "format": _FORMATS[hint.__module__, hint.__name__]}, False
    raise TypeError(
        f"a form can't ask for `{hint}`: it may have texts, numbers, booleans, enums and lists of enums"
    )


_PLAIN: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}
_FORMATS = {("datetime", "date"): "date", ("datetime", "datetime"): "date-time"}


def _filled(hint: Any, value: Any) -> Any:
    """What was filled in, as the class wants it."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if value is None:
        return None
    if origin is typing.Annotated:
        return _filled(arguments[0], value)
    if origin in (Union, types.UnionType):
        return _filled(next(a for a in arguments if a is not types.NoneType), value)
    if origin is list and isinstance(value, list):
        return [_filled(arguments[0], item) for item in value]
    if _is_enum(hint):
        return next((member for member in hint if str(member.value) == str(value)), value)
    if isinstance(hint, type) and (hint.__module__, hint.__name__) in _FORMATS and isinstance(value, str):
        # Older versions of Python don't know the `Z` of UTC.
        return hint.fromisoformat(value.replace("Z", "+00:00"))  # type: ignore[attr-defined]
    if hint is float and isinstance(value, int):
        return float(value)
    return value


def _is_enum(hint: Any) -> bool:
    enum: Any = sys.modules.get("enum")
    return isinstance(hint, type) and enum is not None and issubclass(hint, enum.Enum)


def _has_default(given: Any, fields: Any, name: str) -> bool:
    field = fields.get(name)
    if field is None:
        return hasattr(given, name)
    dataclasses = sys.modules["dataclasses"]
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _default(given: Any, fields: Any, name: str) -> Any:
    field = fields.get(name)
    if field is None:
        return getattr(given, name, None)
    return None if field.default is sys.modules["dataclasses"].MISSING else field.default
