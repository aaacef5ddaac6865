"""Arguments."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from mxcp.sdk.validator.bounds import check_bounds, is_number, type_name
from mxcp.sdk.validator.errors import ValidationError

_MISSING = object()
_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "1", "t", "y"), True),
    **dict.fromkeys(("false", "no", "off", "0", "f", "n"), False),
}


class Input:
    """The parameters of a function."""

    def __init__(self, parameters: list[dict[str, Any]]) -> None:
        self._parameters = {str(parameter["name"]): parameter for parameter in parameters}

    def names(self) -> Collection[str]:
        """What the parameters are called."""
        return self._parameters.keys()

    def convert(self, arguments: Mapping[str, Any], *, keep_absent: Collection[str] = ()) -> dict[str, Any]:
        """The arguments as the function takes them, with defaults for all but those in `keep_absent`.

        Raises `ValidationError`.
        """
        given = dict(arguments)
        for name, parameter in self._parameters.items():
            if name not in given:
                if "default" not in parameter:
                    raise ValidationError(f"Required parameter missing: {name}")
                if name not in keep_absent:
                    given[name] = parameter["default"]
        for name in given:
            if name not in self._parameters:
                raise ValidationError(f"Unknown parameter: {name}")
        return {
            name: _parameter(parameter, given[name])
            for name, parameter in self._parameters.items()
            if name in given
        }


def _parameter(parameter: Mapping[str, Any], value: Any) -> Any:
    name = parameter["name"]
    try:
        converted = convert(parameter, value, str(name))
    except _Fault as fault:
        raise ValidationError(f"Error validating parameter '{fault.place}': {fault.reason}") from None
    choices = parameter.get("enum")
    if choices is not None and converted is not None and converted not in choices and value not in choices:
        raise ValidationError(f"Invalid value for {name}. Must be one of: {choices}")
    return converted


class _Fault(Exception):
    """What is wrong, and where."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(reason)
        self.place = place
        self.reason = reason


def convert(schema: Mapping[str, Any], value: Any, place: str) -> Any:
    """A value as its type has it; nothing is of every type."""
    if value is None:
        return None
    kind = schema.get("type")
    rule = _RULES.get(str(kind))
    if rule is None:
        raise _Fault(place, f"unknown type `{kind}`")
    converted = rule(schema, value, place)
    try:
        check_bounds(schema, converted)
    except ValidationError as error:
        raise _Fault(place, str(error)) from None
    return converted


def _string(schema: Mapping[str, Any], value: Any, place: str) -> Any:
    form = schema.get("format")
    parse = _FORMATS.get(str(form))
    if parse is not None:
        if isinstance(value, (datetime.date, datetime.time)):
            return value
        try:
            return parse(value)
        except (TypeError, ValueError, OverflowError):
            raise _Fault(place, f"Invalid {form} format: {value}") from None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple, dict)):
        raise _Fault(place, f"Expected string, got {type_name(value)}")
    return str(value)


def _number(_schema: Mapping[str, Any], value: Any, place: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise _Fault(place, f"Expected number, got {type_name(value)}") from None


def _integer(_schema: Mapping[str, Any], value: Any, place: str) -> int:
    try:
        if isinstance(value, str):
            try:
                return int(value)
            except ValueError:
                value = float(value)
        if is_number(value) and int(value) == value:
            return int(value)
    except (ValueError, OverflowError):
        pass
    raise _Fault(place, f"Expected integer, got {type_name(value)}")


def _boolean(_schema: Mapping[str, Any], value: Any, place: str) -> bool:
    found = _BOOLEANS.get(str(value).strip().lower())
    if found is None:
        raise _Fault(place, f"Expected boolean, got {type_name(value)}")
    return found


def _array(schema: Mapping[str, Any], value: Any, place: str) -> list[Any]:
    value = _parsed(value, place, "array")
    if not isinstance(value, (list, tuple)):
        raise _Fault(place, f"Expected array, got {type_name(value)}")
    items = schema.get("items")
    if items is None:
        return list(value)
    return [convert(items, item, f"{place}[{index}]") for index, item in enumerate(value)]


def _object(schema: Mapping[str, Any], value: Any, place: str) -> dict[str, Any]:
    value = _parsed(value, place, "object")
    if not isinstance(value, Mapping):
        raise _Fault(place, f"Expected object, got {type_name(value)}")
    properties = schema.get("properties") or {}
    result: dict[str, Any] = {}
    for name, item in value.items():
        inner = properties.get(name)
        result[name] = item if inner is None else convert(inner, item, f"{place}.{name}")
    for name, inner in properties.items():
        if name not in result and "default" in inner:
            result[name] = inner["default"]
    return result


def _parsed(value: Any, place: str, kind: str) -> Any:
    """A value that may be given as its JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise _Fault(place, f"Invalid JSON {kind}: {value}") from None


def _moment(value: Any) -> datetime.datetime:
    # Older versions of Python don't know the `Z` of UTC.
    return datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))


def _timestamp(value: Any) -> datetime.datetime:
    seconds = datetime.timedelta(seconds=float(value))
    return datetime.datetime(1970, 1, 1) + seconds


_FORMATS: dict[str, Callable[[Any], Any]] = {
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "date-time": _moment,
    "timestamp": _timestamp,
}
_RULES: dict[str, Callable[[Mapping[str, Any], Any, str], Any]] = {
    "string": _string,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "array": _array,
    "object": _object,
}
