"""What is wrong with a value."""

from __future__ import annotations


class ValidationError(ValueError):
    """A value is not of its type. The text says which, and why."""
