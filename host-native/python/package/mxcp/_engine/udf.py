"""A method that SQL calls."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any

from mxcp._engine.errors import PluginError
from mxcp._engine.log import logger
from mxcp._engine.sql_type import SqlType, sql_type
from mxcp._engine.target import Target
from mxcp.plugins.base import MARK


class Udf:
    """A method of a plug-in's instance with the types that SQL sees."""

    def __init__(
        self, name: str, function: Callable[..., object], parameters: list[SqlType], returns: SqlType
    ) -> None:
        self.name = name
        # With the suffix of the instance.
        self.full_name = name
        self.function = function
        self.parameters = parameters
        self.returns = returns
        self.is_async = Target(name, function).is_async


def udfs_of(instance: object) -> list[Udf]:
    """The marked methods of an instance, its class's own and inherited ones, in the order of the source.

    Raises `PluginError` if a type can't be had in SQL.
    """
    names: dict[str, None] = {}
    for base in reversed(type(instance).__mro__):
        for name, member in vars(base).items():
            if getattr(member, MARK, False) or getattr(getattr(member, "__func__", None), MARK, False):
                names[name] = None
    found = [_udf(name, getattr(instance, name)) for name in names if callable(getattr(instance, name, None))]
    return [udf for udf in found if udf is not None]


def _udf(name: str, method: Callable[..., object]) -> Udf | None:
    """A method with its types; none if it does not say what it returns."""
    plain = inspect.unwrap(getattr(method, "__func__", method))
    try:
        hints = typing.get_type_hints(plain, include_extras=True)
    except Exception as error:
        raise PluginError(f"type hints of UDF '{name}' can't be resolved: {error}") from error
    if (hints.get("return", Any) is Any and "return" not in hints) or hints["return"] is Any:
        logger().warning("UDF '%s' is skipped: it has no return type", name)
        return None
    parameters = []
    for parameter in inspect.signature(method).parameters.values():
        if parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD):
            if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty:
                raise PluginError(f"UDF '{name}' has a parameter that is keyword-only: {parameter.name}")
            continue
        parameters.append(_typed(name, parameter.name, hints.get(parameter.name, Any)))
    return Udf(name, method, parameters, _typed(name, "return", hints["return"]))


def _typed(function: str, what: str, hint: Any) -> SqlType:
    try:
        return sql_type(hint)
    except PluginError as error:
        place = "return value" if what == "return" else f"parameter '{what}'"
        raise PluginError(f"{error} ({place} of UDF '{function}')") from error
