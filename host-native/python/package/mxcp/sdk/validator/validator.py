"""Input and output of one function."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
    def from_dict(cls, schema: Mapping[str, Any], strict: bool = False) -> TypeValidator:
        """Takes `{"input": {"parameters": […]}, "output": {…}}`, or an endpoint's `parameters`, `return`.

        `strict` changes nothing: arguments are always converted as those of endpoints are.
        """
        given = schema.get("input", schema.get("parameters"))
        if isinstance(given, Mapping):
            given = given.get("parameters")
        output = schema.get("output", schema.get("return"))
        return cls(None if given is None else [dict(parameter) for parameter in given], output)

    def parameters(self) -> Collection[str] | None:
        """What the parameters are called; none if anything goes."""
        return None if self._input is None else self._input.names()

    def validate_input(
        self,
        arguments: Mapping[str, Any],
        apply_defaults: bool = True,
        *,
        keep_absent: Collection[str] = (),
    ) -> dict[str, Any]:
        """The arguments, converted, with defaults where there are none. Raises `ValidationError`.

        Without `apply_defaults` what isn't given stays absent, and so does always what `keep_absent` names.
        """
        if self._input is None:
            return dict(arguments)
        keep = keep_absent if apply_defaults else self._input.names()
        return self._input.convert(arguments, keep_absent=keep)

    def validate_output(self, value: Any) -> Any:
        """The value, made of base classes, if it is of the declared type. Raises `ValidationError`."""
        if self._output is None:
            return value
        try:
            return check_output(self._output, value)
        except ValidationError as error:
            raise ValidationError(f"Output validation failed: {error}") from None
