"""Functions that run when a generation begins and when it ends."""

from __future__ import annotations

import sys
from collections.abc import Callable

Hook = Callable[[], object]


class Hooks:
    """The functions that were registered for one occasion, in order.

    They are the process's, as modules are: those of a library that is imported once stay, and those
    of the project's modules go when the modules are forgotten.
    """

    def __init__(self) -> None:
        self._hooks: list[tuple[str, Hook]] = []

    def add(self, hook: Hook) -> None:
        """Registers a function, unless it is registered already."""
        if not callable(hook):
            raise TypeError(f"a hook must be a function, not {type(hook).__name__}")
        if all(known is not hook for _, known in self._hooks):
            self._hooks.append((getattr(hook, "__module__", None) or "", hook))

    def all(self) -> list[Hook]:
        """The functions in the order of their registration."""
        return [hook for _, hook in self._hooks]

    def prune(self) -> None:
        """Forgets the functions of modules that are no longer there."""
        self._hooks = [(module, hook) for module, hook in self._hooks if module in sys.modules]


INIT = Hooks()
SHUTDOWN = Hooks()
# `mxcp.plugins.on_shutdown`: runs after the others, the last one first.
PLUGIN_SHUTDOWN = Hooks()


def prune() -> None:
    """Forgets the functions of modules that are no longer there."""
    for hooks in (INIT, SHUTDOWN, PLUGIN_SHUTDOWN):
        hooks.prune()


def name_of(hook: Hook) -> str:
    """What the log calls a function."""
    return str(getattr(hook, "__name__", None) or type(hook).__name__)
