"""Where the modules of a project are found."""

from __future__ import annotations

import importlib
import importlib.machinery
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Takes long to import.
    from importlib.abc import PathEntryFinder

# What the engine, and most libraries, import when they first need it. A project's module of the same name
# must not come first.
_IMPORTED_LATER = """
    _strptime ast asyncio base64 bisect calendar concurrent.futures copy csv dataclasses email.message enum
    fractions hashlib heapq html http.client inspect json locale logging mimetypes numbers pathlib pickle
    platform pprint queue random secrets selectors shutil socket ssl statistics string subprocess tempfile
    textwrap traceback typing unittest.mock urllib.request uuid warnings zipfile
""".split()
# What the names of modules begin with that are imported by their files only.
PRIVATE = "_mxcp_endpoint_"
# Folders that hold other people's modules, though they may lie within a project.
_FOREIGN = ("site-packages", "dist-packages")
# Compiled modules are recognised as current by a time in seconds. A file younger than this may change
# again without its time changing.
_FRESH_SECONDS = 2.0
# The texts that the project was started with, by real path. Only one project is entered at a time.
_started_with: dict[str, str] = {}


class ImportPaths:
    """The entries of a project in `sys.path`: its root, the folder of its modules, that of its plug-ins."""

    def __init__(
        self, root: str, modules: str, plugins: str, sources: dict[str, str] | None = None
    ) -> None:
        self.root = _real(root)
        self.modules = _real(modules)
        self.plugins = _real(plugins)
        self._sources = sources or {}
        self._added: list[str] = []
        self._hook: Callable[[str], PathEntryFinder] | None = None

    def enter(self) -> None:
        """Puts the entries in front. Folders that don't exist, and entries that are there, are left out."""
        # A generation that was never stopped may have left some.
        self._forget_modules()
        _started_with.clear()
        _started_with.update(self._sources)
        folders = [self.root, self.modules, self.plugins]
        present = [folder for folder in folders if os.path.isdir(folder)]
        if _shadow_standard_modules(present):
            for name in _IMPORTED_LATER:
                # Some builds of Python go without some.
                with suppress(ImportError):
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
        _started_with.clear()
        self._forget_finders()
        self._forget_modules()

    def contains(self, path: str) -> bool:
        """Whether a path belongs to the project, rather than to a library installed within its folders."""
        path = _real(path)
        for folder in (self.root, self.modules, self.plugins):
            if path == folder or path.startswith(folder + os.sep):
                return not any(part in _FOREIGN for part in path[len(folder) :].split(os.sep))
        return False

    def has_file(self, path: str) -> bool:
        """Whether there is a file, or was one when the project was started."""
        return os.path.isfile(path) or _real(path) in self._sources

    def _forget_modules(self) -> None:
        # Hundreds of modules lie in tens of folders, and following links takes its time.
        known: dict[str, bool] = {}
        for name, module in list(sys.modules.items()):
            folders = _folders_of(name, module)
            for folder in folders:
                if folder not in known:
                    known[folder] = self.contains(folder)
            if name.startswith(PRIVATE) or (folders and all(known[folder] for folder in folders)):
                del sys.modules[name]

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
    """Loads a module as it was when the project was started, and never a compiled form that an edit may
    have overtaken."""

    def get_code(self, fullname: str) -> CodeType | None:
        """Compiles a module, or takes its compiled form if the file still is what it was."""
        path = self.get_filename(fullname)
        text = _started_with.get(_real(path))
        if text is None:
            return super().get_code(fullname)
        source = text.encode()
        try:
            is_same = self.get_data(path) == source
        except OSError:
            is_same = False
        return super().get_code(fullname) if is_same else self.source_to_code(source, path)

    def path_stats(self, path: str) -> Any:  # type: ignore[override, unused-ignore]
        """Gives time and size of a file. A file that was written just now is compiled each time."""
        stats = super().path_stats(path)
        if time.time() - stats["mtime"] < _FRESH_SECONDS:
            raise OSError("written just now")
        return stats


def _folders_of(name: str, module: ModuleType) -> list[str]:
    """Where a module lies that may be the project's; several folders for a package without `__init__.py`."""
    if name == "__main__" or name.partition(".")[0] == "mxcp":
        return []
    # Not `getattr`: some modules import others when they are asked for anything.
    attributes = getattr(module, "__dict__", {})
    file = attributes.get("__file__")
    if isinstance(file, str):
        # Extension modules can't be imported twice in general.
        return [os.path.dirname(file)] if file.endswith(".py") else []
    try:
        return [path for path in attributes.get("__path__", ()) if isinstance(path, str)]
    except Exception:
        return []


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
