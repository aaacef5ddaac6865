"""The configuration of the project."""

from __future__ import annotations

from typing import Any

from mxcp._engine.context import CURRENT, OUTSIDE
from mxcp._engine.settings import Settings


class Configuration:
    """The site file, the user file and the secrets of the active profile."""

    def get_secret(self, name: str) -> dict[str, Any] | None:
        """The parameters of a secret of the active profile; none if there is no such secret."""
        secret = _settings().secrets.get(name)
        return None if secret is None else dict(secret)

    def get_setting(self, key: str, default: Any = None) -> Any:
        """A value of the site file; dots lead into it: `profiles.default.duckdb.path`."""
        value: Any = _settings().site_config
        if key in value:
            return value[key]
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                return default
            value = value[part]
        return value

    @property
    def user_config(self) -> dict[str, Any] | None:
        """The user file, references followed; none outside of a call."""
        context = CURRENT.get()
        return None if context is None else context.engine.settings.user_config

    @property
    def site_config(self) -> dict[str, Any] | None:
        """The site file; none outside of a call."""
        context = CURRENT.get()
        return None if context is None else context.engine.settings.site_config


def _settings() -> Settings:
    context = CURRENT.get()
    if context is None:
        raise RuntimeError(OUTSIDE)
    return context.engine.settings
