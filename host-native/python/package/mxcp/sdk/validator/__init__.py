"""Checks values against types as endpoints declare them."""

from __future__ import annotations

from mxcp.sdk.validator.errors import ValidationError
from mxcp.sdk.validator.validator import TypeValidator

__all__ = ["TypeValidator", "ValidationError"]
