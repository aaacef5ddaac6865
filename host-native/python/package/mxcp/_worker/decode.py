"""What the host sends, as Python objects.

Kinds of values that JSON has no word for are objects with one key that begins with `$`. An object of a user that looks
like one has a second `$` before its key.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from typing import Any


def _decimal(text: str) -> object:
    from decimal import Decimal

    return Decimal(text)


def _integer(text: str) -> object:
    from decimal import Decimal

    return int(Decimal(text))


def _uuid(text: str) -> object:
    from uuid import UUID

    return UUID(text)


def _timestamp(parts: list[Any]) -> datetime:
    text, offset = parts
    zone = timezone(timedelta(seconds=offset)) if offset else timezone.utc
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def _interval(parts: list[int]) -> timedelta:
    months, days, microseconds = parts
    return timedelta(days=30 * months + days, microseconds=microseconds)


_TAGS: dict[str, Callable[[Any], object]] = {
    "$bytearray": lambda text: bytearray(b64decode(text)),
    "$bytes": b64decode,
    "$date": date.fromisoformat,
    "$datetime": datetime.fromisoformat,
    "$decimal": _decimal,
    "$float": float,
    "$integer": _integer,
    "$interval": _interval,
    "$time": time.fromisoformat,
    "$timestamp": _timestamp,
    "$uuid": _uuid,
}


def _known(known: Callable[[Any], object], value: Any) -> object:
    try:
        return known(value)
    except (ValueError, OverflowError):
        # A day that Python has no calendar for, as one before the year 1.
        return value if type(value) is str else str(value)


def _untag(entries: dict[str, Any]) -> object:
    if len(entries) == 1:
        for key, value in entries.items():
            if key[:1] == "$":
                known = _TAGS.get(key)
                return {key[1:]: value} if known is None else _known(known, value)
    return entries


_decoder = json.JSONDecoder(object_hook=_untag)


def decode(frame: bytes) -> dict[str, Any]:
    """A message of the host."""
    message = _decoder.decode(frame.decode())
    assert isinstance(message, dict)
    return message
