"""Imports the files of a project."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading
from types import ModuleType

from mxcp._engine.describe import log_error, text_of
from mxcp._engine.errors import AwaitsInput, CallCancelled, ResolveError
from mxcp._engine.paths import PRIVATE, ImportPaths, ProjectLoader


class Loader:
    """The modules of one generation, by their files. Each is imported once; one that fails, again."""

    def __init__(self, paths: ImportPaths) -> None:
        self._paths = paths
        self._modules: dict[str, ModuleType] = {}
        # Importing runs code that may have more imported, in the same thread.
        self._lock = threading.RLock()

    def preload(self) -> None:
        """Imports every file below the modules' folder. One that fails is logged, and stops no other."""
        for folder, folders, files in os.walk(self._paths.modules):
            folders[:] = sorted(
                name for name in folders if name != "__pycache__" and not name.startswith(".")
            )
            for name in sorted(files):
                file = os.path.join(folder, name)
                if not name.endswith(".py") or name.startswith("_") or not self._paths.contains(file):
                    continue
                try:
                    self.import_file(file)
                except (CallCancelled, AwaitsInput):
                    raise
                except BaseException as error:
                    log_error(f"Failed to preload {file}: {text_of(error)}", error)

    def load(self, file: str) -> ModuleType:
        """The module of a file. Raises `ResolveError` if there is no file or importing it fails."""
        if not self._paths.has_file(file):
            raise ResolveError(f"Python file not found: {file}")
        try:
            return self.import_file(file)
        except (CallCancelled, AwaitsInput):
            raise
        except BaseException as error:
            text = f"Failed to load Python module from {file}: {text_of(error)}"
            log_error(text, error)
            raise ResolveError(f"Failed to execute Python code: {text}") from error

    def import_file(self, file: str) -> ModuleType:
        """The module of a file. Raises whatever importing it raises."""
        known = self._modules.get(file)
        if known is not None:
            return known
        with self._lock:
            known = self._modules.get(file)
            if known is None:
                known = self._modules[file] = self._import(file)
            return known

    def _import(self, file: str) -> ModuleType:
        name = self._public_name(file)
        if name is None:
            return _import_privately(file)
        loaded = sys.modules.get(name)
        if loaded is None:
            spec = importlib.util.find_spec(name)
            if spec is None or not _is_same_file(spec.origin, file):
                return _import_privately(file)
            loaded = importlib.import_module(name)
        if not _is_same_file(getattr(loaded, "__file__", None), file):
            # The name is another module's, as of the standard library.
            return _import_privately(file)
        return loaded

    def _public_name(self, file: str) -> str | None:
        """The name by which other modules import a file; none outside of the modules' folder."""
        folder = self._paths.modules + os.sep
        path = os.path.realpath(file)
        if not path.startswith(folder) or not path.endswith(".py"):
            return None
        parts = path[len(folder) : -len(".py")].split(os.sep)
        if parts[-1] == "__init__":
            parts.pop()
        if not parts or any("." in part for part in parts):
            return None
        return ".".join(parts)


def _import_privately(file: str) -> ModuleType:
    """Imports a file under a name that no other module has."""
    import hashlib

    path = os.path.abspath(file)
    stem = os.path.splitext(os.path.basename(path))[0]
    # The digest names a file, it protects nothing.
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
    name = f"{PRIVATE}{stem}_{digest[:8]}"
    loaded = sys.modules.get(name)
    if loaded is not None:
        return loaded
    spec = importlib.util.spec_from_file_location(name, path, loader=ProjectLoader(name, path))
    if spec is None or spec.loader is None:
        raise ImportError(f"not a Python file: {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _is_same_file(one: str | None, other: str) -> bool:
    return one is not None and os.path.realpath(one) == os.path.realpath(other)
