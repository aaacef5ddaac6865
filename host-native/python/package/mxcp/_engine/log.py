"""The log of the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logging import Logger


def logger() -> Logger:
    """The logger of everything that is said about the Python of a project. It ends on standard error."""
    # `logging` takes a while to import, and most processes never need it.
    import logging

    return logging.getLogger("mxcp.python")
