"""Values of pandas."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def rule_for(kind: type) -> Callable[[Any], object] | None:
    """How to simplify values of a class of pandas; none if it is nothing special."""
    pandas: Any = sys.modules.get("pandas")
    if pandas is None:
        return None
    if issubclass(kind, (type(pandas.NaT), type(pandas.NA))):
        return lambda value: None
    if issubclass(kind, pandas.DataFrame):
        return lambda value: value.to_dict(orient="records")
    if issubclass(kind, (pandas.Series, pandas.Index, pandas.api.extensions.ExtensionArray)):
        return lambda value: value.tolist()
    if issubclass(kind, pandas.Timestamp):
        return lambda value: value.to_pydatetime(warn=False)
    if issubclass(kind, pandas.Timedelta):
        return lambda value: value.to_pytimedelta()
    if issubclass(kind, (pandas.Period, pandas.Interval)):
        return str
    return None
