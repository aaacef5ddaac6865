"""What the host says of a project."""

from __future__ import annotations

from typing import Any


class Settings:
    """The settings of one generation. Missing entries are as good as empty ones."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.root = str(given.get("root", ""))
        self.modules = str(given.get("modules", ""))
        self.plugins_folder = str(given.get("plugins_folder", ""))
        self.plugins: list[dict[str, Any]] = list(given.get("plugins") or [])
        # Shown to the code as they are.
        self.site_config: dict[str, Any] = dict(given.get("site_config") or {})
        self.user_config: dict[str, Any] = dict(given.get("user_config") or {})
        self.secrets: dict[str, Any] = dict(given.get("secrets") or {})
        # The texts of modules by real path.
        self.sources: dict[str, str] = dict(given.get("sources") or {})
