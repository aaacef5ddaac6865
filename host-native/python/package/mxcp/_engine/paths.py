"""Where the modules of a project are found."""

from __future__ import annotations

import importlib
import importlib.machinery
import os
import sys
import time
from collections.abc import Callable
from importlib.abc import PathEntryFinder
from types import ModuleType
from typing import Any

# What the engine imports when it first needs it. A project's module of the same name must not come first.
_IMPORTED_LATER = (
    "asyncio",
    "ast",
    "base64",
    "concurrent.futures",
    "copy",
    "dataclasses",
    "enum",
    "inspect",
    "json",
    "logging",
    "mimetypes",
    "socket",
    "subprocess",
    "traceback",
    "typing",
    "uuid",
)
# Folders that hold other people's modules, though they may lie within a project.
_FOREIGN = ("site-packages", "dist-packages")
# Compiled modules are recognised as current by a time in seconds. A file younger than this may change
# again without its time changing.
_FRESH_SECONDS = 2.0


class ImportPaths:
    """The entries of a project in `sys.path`: its root, the folder of its modules, that of its plug-ins."""

    def __init__(self, root: str, modules: str, plugins: str) -> None:
        self.root = _real(root)
        self.modules = _real(modules)
        self.plugins = _real(plugins)
        self._added: list[str] = []
        self._hook: Callable[[str], PathEntryFinder] | None = None

    def enter(self) -> None:
        """Puts the entries in front. Folders that don't exist, and entries that are there, are left out."""
        folders = [self.root, self.modules, self.plugins]
        present = [folder for folder in folders if os.path.isdir(folder)]
        if _shadow_standard_modules(present):
            for name in _IMPORTED_LATER:
                importlib.import_module(name)
        self._hook = self._make_hook()
        sys.path_hooks.insert(0, self._hook)
        self._forget_finders()
        for folder in reversed(present):
            if folder not in sys.path:
                sys.path.insert(0, folder)
                self._added.append(folder)
        importlib.invalidate_caches()

    def leave(self) -> None:
        """Takes the entries away that `enter` added, and has the project's modules imported anew."""
        for folder in self._added:
            if folder in sys.path:
                sys.path.remove(folder)
        self._added.clear()
        if self._hook in sys.path_hooks:
            sys.path_hooks.remove(self._hook)
        self._hook = None
        self._forget_finders()
        for name, module in list(sys.modules.items()):
            if self._is_project_module(name, module):
                del sys.modules[name]

    def contains(self, path: str) -> bool:
        """Whether a path belongs to the project, rather than to a library installed within its folders."""
        path = _real(path)
        for folder in (self.root, self.modules, self.plugins):
            if path == folder or path.startswith(folder + os.sep):
                return not any(part in _FOREIGN for part in path[len(folder) :].split(os.sep))
        return False

    def _is_project_module(self, name: str, module: ModuleType) -> bool:
        if name == "__main__" or name.partition(".")[0] == "mxcp":
            return False
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            # Extension modules can't be imported twice in general.
            return file.endswith(".py") and self.contains(file)
        try:
            folders = [path for path in getattr(module, "__path__", ()) if isinstance(path, str)]
        except Exception:
            return False
        return bool(folders) and all(self.contains(folder) for folder in folders)

    def _make_hook(self) -> Callable[[str], PathEntryFinder]:
        machinery = importlib.machinery
        finder = machinery.FileFinder.path_hook(
            (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
            (ProjectLoader, machinery.SOURCE_SUFFIXES),
            (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES),
        )

        def hook(path: str) -> PathEntryFinder:
            if not self.contains(path):
                raise ImportError("not a folder of the project", path=path)
            return finder(path)

        return hook

    def _forget_finders(self) -> None:
        """Forgets by which hook the project's folders are searched."""
        for folder in list(sys.path_importer_cache):
            if self.contains(folder):
                sys.path_importer_cache.pop(folder, None)


class ProjectLoader(importlib.machinery.SourceFileLoader):
    """Loads a module of the project, and never a compiled form that an edit may have overtaken."""

    def path_stats(self, path: str) -> Any:  # type: ignore[override, unused-ignore]
        """Gives time and size of a file. A file that was written just now is compiled each time."""
        stats = super().path_stats(path)
        if time.time() - stats["mtime"] < _FRESH_SECONDS:
            raise OSError("written just now")
        return stats


def _shadow_standard_modules(folders: list[str]) -> bool:
    """Whether a folder has a module that is called as one of the standard library."""
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        if any(name.partition(".")[0] in sys.stdlib_module_names for name in names):
            return True
    return False


def _real(path: str) -> str:
    return os.path.realpath(path)
