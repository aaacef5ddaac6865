"""Functions whose arguments and results are checked."""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from mxcp.sdk.validator.validator import TypeValidator

_Function = TypeVar("_Function", bound=Callable[..., Any])


def validate(schema: Mapping[str, Any] | TypeValidator) -> Callable[[_Function], _Function]:
    """Has a function's arguments converted, and its result checked."""
    validator = schema if isinstance(schema, TypeValidator) else TypeValidator.from_dict(schema)

    def decorate(function: _Function) -> _Function:
        signature = inspect.signature(function)

        def arguments(positional: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
            return validator.validate_input(signature.bind_partial(*positional, **named).arguments)

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def later(*positional: Any, **named: Any) -> Any:
                return validator.validate_output(await function(**arguments(positional, named)))

            return cast("_Function", later)

        @functools.wraps(function)
        def checked(*positional: Any, **named: Any) -> Any:
            return validator.validate_output(function(**arguments(positional, named)))

        return cast("_Function", checked)

    return decorate


def load_schema_from_file(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The schema of a JSON file, or of a YAML file where the `yaml` package is installed."""
    text = Path(path).read_text(encoding="utf-8")
    if Path(path).suffix == ".json":
        found = json.loads(text)
    else:
        yaml: Any = importlib.import_module("yaml")
        found = yaml.safe_load(text)
    if not isinstance(found, dict):
        raise ValueError(f"no schema in {os.fspath(path)}: it must be an object")
    return found
