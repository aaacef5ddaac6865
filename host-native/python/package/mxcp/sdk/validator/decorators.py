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

from mxcp.sdk.validator.errors import ValidationError
from mxcp.sdk.validator.validator import TypeValidator

_Function = TypeVar("_Function", bound=Callable[..., Any])


_Input = Mapping[str, Any] | list[Any] | TypeValidator


def validate(
    input_schema: _Input | None = None,
    output_schema: Mapping[str, Any] | None = None,
    strict: bool = False,
    validate_signature: bool = True,
) -> Callable[[_Function], _Function]:
    """Has a function's arguments converted, and its result checked.

    `input_schema`: parameters, as a list or under the key `parameters`; or a `TypeValidator` or a schema of one, for
    both ways. `output_schema`: the type of the result. `strict` changes nothing. With `validate_signature`, a function
    that lacks a parameter of the schema is refused when it is defined, with a `ValidationError`.
    """
    validator = _validator(input_schema, output_schema)

    def decorate(function: _Function) -> _Function:
        signature = inspect.signature(function)
        if validate_signature:
            _check_signature(validator, signature)
        own = [name for name, it in signature.parameters.items() if it.default is not inspect.Parameter.empty]

        def arguments(positional: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
            # A default of the function itself comes first.
            given = dict(signature.bind_partial(*positional, **named).arguments)
            for name, it in signature.parameters.items():
                if it.kind is inspect.Parameter.VAR_KEYWORD:
                    given.update(given.pop(name, {}))
            return validator.validate_input(given, keep_absent=own)

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


def validate_input(schema: _Input, strict: bool = False) -> Callable[[_Function], _Function]:
    """Has a function's arguments converted; see `validate`."""
    return validate(input_schema=schema, strict=strict)


def validate_output(schema: Mapping[str, Any], strict: bool = False) -> Callable[[_Function], _Function]:
    """Has a function's result checked; see `validate`."""
    return validate(output_schema=schema, strict=strict)


def validate_strict(
    input_schema: _Input | None = None, output_schema: Mapping[str, Any] | None = None
) -> Callable[[_Function], _Function]:
    """The same as `validate`, under the name that some projects use."""
    return validate(input_schema, output_schema, strict=True)


def _validator(given: _Input | None, output: Mapping[str, Any] | None) -> TypeValidator:
    if isinstance(given, TypeValidator):
        return given
    if isinstance(given, Mapping):
        if output is None:
            return TypeValidator.from_dict(given)
        given = given.get("input", given)
        if isinstance(given, Mapping):
            given = given.get("parameters")
    return TypeValidator.from_dict({"parameters": given, "output": output})


def _check_signature(validator: TypeValidator, signature: inspect.Signature) -> None:
    kinds = {it.kind for it in signature.parameters.values()}
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return
    missing = [name for name in validator.parameters() or () if name not in signature.parameters]
    if missing:
        raise ValidationError(f"Function missing parameters: {', '.join(missing)}")


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
