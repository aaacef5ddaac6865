"""Input and output of one function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mxcp.sdk.validator.errors import ValidationError
from mxcp.sdk.validator.input import Input
from mxcp.sdk.validator.output import check_output


class TypeValidator:
    """Converts arguments to the types that their parameters declare, and checks results."""

    def __init__(self, parameters: list[dict[str, Any]] | None, output: Mapping[str, Any] | None) -> None:
        """Takes parameters and the type of the result as endpoints declare them; none: anything goes."""
        self._input = None if parameters is None else Input(parameters)
        self._output = output

    @classmethod
    def from_dict(cls, schema: Mapping[str, Any]) -> TypeValidator:
        """Takes `{"input": {"parameters": […]}, "output": {…}}`, or an endpoint's `parameters`, `return`."""
        given = schema.get("input", schema.get("parameters"))
        if isinstance(given, Mapping):
            given = given.get("parameters")
        output = schema.get("output", schema.get("return"))
        return cls(None if given is None else [dict(parameter) for parameter in given], output)

    def validate_input(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments, converted, with defaults where there are none. Raises `ValidationError`."""
        return dict(arguments) if self._input is None else self._input.convert(arguments)

    def validate_output(self, value: Any) -> Any:
        """The value, if it is of the declared type. Raises `ValidationError`."""
        if self._output is None:
            return value
        try:
            return check_output(self._output, value)
        except ValidationError as error:
            raise ValidationError(f"Output validation failed: {error}") from None
