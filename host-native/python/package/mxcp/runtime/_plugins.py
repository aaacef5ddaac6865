"""The plug-ins of the project."""

from __future__ import annotations

from typing import Any

from mxcp._engine.context import CURRENT, OUTSIDE


class PluginInstances:
    """The instances of the plug-ins that the site file declares."""

    def get(self, name: str) -> Any:
        """The instance with a name; none if there is no such plug-in."""
        return _instances().get(name)

    def list(self) -> list[str]:
        """The names of the instances in the order of their declaration."""
        return [*_instances()]


def _instances() -> dict[str, Any]:
    context = CURRENT.get()
    if context is None:
        raise RuntimeError(OUTSIDE)
    return context.engine.plugins.instances
