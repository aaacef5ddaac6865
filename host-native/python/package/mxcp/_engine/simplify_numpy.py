"""Values of numpy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def rule_for(kind: type) -> Callable[[Any], object] | None:
    """How to simplify values of a class of numpy; none if it is nothing special."""
    numpy: Any = sys.modules.get("numpy")
    if numpy is None:
        return None
    if issubclass(kind, numpy.ndarray):
        return _array
    if issubclass(kind, (str, bytes)):
        return None
    if issubclass(kind, (numpy.datetime64, numpy.timedelta64)):
        return lambda value: _to_microseconds(value).item()
    if issubclass(kind, numpy.void):
        return _record
    if issubclass(kind, numpy.floating):
        return float
    if issubclass(kind, numpy.generic):
        return _scalar
    return None


def _scalar(value: Any) -> object:
    plain = value.item()
    return plain if isinstance(plain, (bool, int, float)) else repr(plain)


def _record(value: Any) -> object:
    plain = value.item()
    names = value.dtype.names
    return dict(zip(names, plain, strict=True)) if names else plain


def _array(value: Any) -> object:
    if value.dtype.kind in "mM":
        value = _to_microseconds(value)
    names = value.dtype.names
    if names and value.ndim:
        return [_record(item) if item.ndim == 0 else item for item in value]
    return value.tolist()


def _to_microseconds(value: Any) -> Any:
    """Dates and times in the finest unit that Python has; finer ones would become bare numbers."""
    unit = sys.modules["numpy"].datetime_data(value.dtype)[0]
    finer = unit in ("ns", "ps", "fs", "as")
    return value.astype(f"{value.dtype.kind}8[us]") if finer else value
