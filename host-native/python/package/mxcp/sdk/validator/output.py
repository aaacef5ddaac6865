"""Results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mxcp._engine.content import ContentBlock
from mxcp._engine.results import FINISHED
from mxcp._engine.simplify import simplify
from mxcp.sdk.validator.bounds import check_bounds, is_number, type_name
from mxcp.sdk.validator.errors import ValidationError


def check_output(schema: Mapping[str, Any], value: Any) -> Any:
    """The value, made of base classes, if it is of its type. Raises `ValidationError`."""
    given = value
    if type(value) not in FINISHED and not isinstance(value, ContentBlock):
        value = simplify(value, typed=True)
    if value is None:
        return None
    kind = schema.get("type")
    if kind == "array" and isinstance(value, (list, tuple)):
        value = _items(schema.get("items"), value)
    elif kind == "object" and isinstance(value, dict):
        value = _properties(schema.get("properties") or {}, value)
    elif not _is_scalar(kind, value):
        raise ValidationError(f"Expected {kind}, got {type_name(given)}")
    check_bounds(schema, value)
    choices = schema.get("enum")
    if choices is not None and value not in choices:
        raise ValidationError(f"Must be one of: {choices}")
    return value


def _is_scalar(kind: Any, value: Any) -> bool:
    if kind == "string":
        return isinstance(value, str) or hasattr(value, "isoformat")
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return is_number(value)
    return kind == "integer" and is_number(value) and value == value // 1


def _items(schema: Mapping[str, Any] | None, value: Any) -> list[Any]:
    if schema is None:
        return list(value)
    found = []
    for index, item in enumerate(value):
        try:
            found.append(check_output(schema, item))
        except ValidationError as error:
            raise ValidationError(f"Array item {index}: {error}") from None
    return found


def _properties(schemas: Mapping[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, item in value.items():
        schema = schemas.get(name)
        try:
            found[name] = item if schema is None else check_output(schema, item)
        except ValidationError as error:
            raise ValidationError(f"Property '{name}': {error}") from None
    return found
