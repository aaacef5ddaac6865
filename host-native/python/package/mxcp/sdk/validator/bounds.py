"""What types demand of values beside being of the type."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from mxcp.sdk.validator.errors import ValidationError

_FORMATS = {
    "email": re.compile(r"[^@]+@[^@]+\.[^@]+"),
    "uri": re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:.*"),
    "duration": re.compile(
        r"P(?!$)(\d+(\.\d+)?Y)?(\d+(\.\d+)?M)?(\d+(\.\d+)?W)?(\d+(\.\d+)?D)?"
        r"(T(?!$)(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?"
    ),
}
_RANGES: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "minimum": (">=", operator.ge),
    "maximum": ("<=", operator.le),
    "exclusiveMinimum": (">", operator.gt),
    "exclusiveMaximum": ("<", operator.lt),
}


def check_bounds(schema: Mapping[str, Any], value: Any) -> None:
    """Checks lengths, ranges, patterns and formats. Raises `ValidationError`."""
    if isinstance(value, str):
        _check_text(schema, value)
    elif is_number(value):
        _check_number(schema, value)
    elif isinstance(value, list):
        _check_array(schema, value)
    elif isinstance(value, dict):
        _check_object(schema, value)


def is_number(value: Any) -> bool:
    """Whether a value is a number, which truth values are not."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def type_name(value: Any) -> str:
    """What messages call the class of a value."""
    return type(value).__name__


def _check_text(schema: Mapping[str, Any], value: str) -> None:
    shortest, longest = schema.get("minLength"), schema.get("maxLength")
    if shortest is not None and len(value) < shortest:
        raise ValidationError(f"String must be at least {shortest} characters long")
    if longest is not None and len(value) > longest:
        raise ValidationError(f"String must be at most {longest} characters long")
    pattern = schema.get("pattern")
    if pattern is not None and not re.search(pattern, value):
        raise ValidationError(f"String must match pattern {pattern}")
    form = schema.get("format")
    if form in _FORMATS and not _FORMATS[form].fullmatch(value):
        shown = form.upper() if form == "uri" else form
        raise ValidationError(f"Invalid {shown} format: {value}")


def _check_number(schema: Mapping[str, Any], value: Any) -> None:
    for key, (sign, holds) in _RANGES.items():
        bound = schema.get(key)
        if bound is not None and not holds(value, bound):
            raise ValidationError(f"Value must be {sign} {bound}")
    divisor = schema.get("multipleOf")
    # By their texts: the remainder of binary fractions is rarely zero.
    if divisor is not None and Decimal(str(value)) % Decimal(str(divisor)) != 0:
        raise ValidationError(f"Value must be multiple of {divisor}")


def _check_array(schema: Mapping[str, Any], value: list[Any]) -> None:
    fewest, most = schema.get("minItems"), schema.get("maxItems")
    if fewest is not None and len(value) < fewest:
        raise ValidationError(f"Array must have at least {fewest} items")
    if most is not None and len(value) > most:
        raise ValidationError(f"Array must have at most {most} items")
    if schema.get("uniqueItems") and any(item in value[:index] for index, item in enumerate(value)):
        raise ValidationError("Array must contain unique items")


def _check_object(schema: Mapping[str, Any], value: dict[str, Any]) -> None:
    missing = [name for name in schema.get("required") or [] if name not in value]
    if missing:
        raise ValidationError(f"Missing required properties: {', '.join(missing)}")
    if schema.get("additionalProperties") is False:
        for name in value:
            if name not in (schema.get("properties") or {}):
                raise ValidationError(f"Unexpected property: {name}")
