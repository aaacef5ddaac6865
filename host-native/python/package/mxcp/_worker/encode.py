"""Python objects as the host understands them; see `decode` for the form."""

from __future__ import annotations

import codecs
import json
from base64 import b64encode
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any

from mxcp._engine import ContentBlock, simplify
from mxcp._worker.limits import FRAME_BYTES, LONG_INTEGER_BITS, NESTING, STEPS, VALUES

_DAY = 86_400_000_000
_MICROSECOND = timedelta(microseconds=1)


def _replace_surrogates(error: UnicodeError) -> tuple[bytes, int]:
    """Halves of characters that belong together are one; UTF-8 has no bytes for the others."""
    assert isinstance(error, UnicodeEncodeError)
    units = error.object[error.start : error.end].encode("utf-16-le", "surrogatepass")
    return units.decode("utf-16-le", "replace").encode(), error.end


codecs.register_error("mxcp.surrogates", _replace_surrogates)

_encoder = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"))


def encode(message: dict[str, Any]) -> bytes:
    """The frame of a message whose values are JSON already.

    Raises ValueError if it is too long.
    """
    frame = _encoder.encode(message).encode("utf-8", "mxcp.surrogates")
    if len(frame) > FRAME_BYTES:
        raise ValueError(f"Result is larger than {FRAME_BYTES // 1024 // 1024} MiB")
    return frame


class Walker:
    """Turns results into JSON, with tags for what JSON has no word for."""

    __slots__ = ("content", "typed", "_floats", "_values")

    def __init__(self, *, typed: bool, floats: bool = False) -> None:
        """`typed`: whether somebody said of what type the value is; `floats`: whether NaN and infinities are kept."""
        self.typed = typed
        self.content = False
        self._floats = floats
        self._values = 0

    def walk(self, value: Any, depth: int = 0) -> object:
        """A value that is inside of `depth` others."""
        kind = type(value)
        if kind is str or kind is bool or value is None:
            return value
        if kind is int:
            return value if -_LONG < value < _LONG else {"$decimal": _digits(value)}
        if kind is float:
            if isfinite(value):
                return value
            return {"$float": repr(value)} if self._floats else None
        if kind is list or kind is tuple:
            self._enter(value, depth)
            return [self.walk(item, depth + 1) for item in value]
        if kind is dict or isinstance(value, ContentBlock):
            self.content = self.content or kind is not dict
            self._enter(value, depth)
            return self._entries(value, depth + 1)
        if kind is bytes:
            return self._bytes(value, depth)
        if kind in _MOMENTS:
            return _moment(value)
        if kind.__name__ == "Decimal" and kind.__module__ == "decimal":
            return self._decimal(value)
        return self.walk(self._simplify(value), depth)

    def _simplify(self, value: object) -> object:
        """The value of a base type that another one stands for."""
        for _ in range(STEPS):
            value = simplify(value, self.typed)
            if type(value) in _BASE or isinstance(value, ContentBlock):
                return value
            if type(value).__module__ == "decimal":
                return value
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")

    def _enter(self, value: Collection[Any], depth: int) -> None:
        if depth >= NESTING:
            raise ValueError(f"Result is nested deeper than {NESTING} levels")
        self._values += len(value)
        if self._values > VALUES:
            raise ValueError(f"Result has more than {VALUES} values")

    def _entries(self, value: dict[Any, Any], depth: int) -> dict[str, object]:
        entries = {_key(key): self.walk(item, depth) for key, item in tuple(value.items())}
        if len(entries) == 1:
            for key, item in entries.items():
                if key[:1] == "$":
                    return {"$" + key: item}
        return entries

    def _bytes(self, value: bytes, depth: int) -> object:
        if depth > 0 and not self.typed:
            try:
                return value.decode()
            except UnicodeDecodeError:
                pass
        return {"$bytes": b64encode(value).decode()}

    def _decimal(self, value: Any) -> object:
        if not self.typed:
            return str(value)
        return {"$decimal": str(value)} if value.is_finite() else None


def _moment(value: Any) -> dict[str, object]:
    kind = type(value)
    if kind is datetime:
        offset = value.utcoffset()
        text = value.replace(tzinfo=None).isoformat()
        return (
            {"$datetime": text}
            if offset is None
            else {"$timestamp": [text, offset.days * 86_400 + offset.seconds]}
        )
    if kind is date:
        return {"$date": value.isoformat()}
    if kind is time:
        return {"$time": value.replace(tzinfo=None).isoformat()}
    # Days and the rest have one sign, unlike in Python: an hour back is -1 h, and not a day back and 23 h on.
    total = value // _MICROSECOND
    days = total // _DAY if total >= 0 else -(-total // _DAY)
    return {"$interval": [0, days, total - days * _DAY]}


_MOMENTS = frozenset({date, time, datetime, timedelta})
_BASE = frozenset({type(None), bool, int, float, str, bytes, list, tuple, dict}) | _MOMENTS
_LONG = 1 << LONG_INTEGER_BITS


def _digits(value: int) -> str:
    from decimal import Decimal

    return str(Decimal(value))


def _key(key: object) -> str:
    if type(key) is str:
        return key
    if key is None:
        return "null"
    if key is True:
        return "true"
    if key is False:
        return "false"
    return str(key)
