"""The plug-ins of a generation, and what SQL calls of them."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from mxcp._engine.describe import log_error, text_of
from mxcp._engine.errors import AwaitsInput, CallCancelled, PluginError, UdfError
from mxcp._engine.results import is_awaitable

if TYPE_CHECKING:
    from mxcp._engine.udf import Udf

# Awaits on an event loop, and blocks until the end.
Waiter = Callable[[Callable[[], Awaitable[object]]], object]


class Plugins:
    """The instances of the plug-ins by name, and their functions by number."""

    def __init__(self, declared: list[dict[str, Any]]) -> None:
        self._declared = declared
        self.instances: dict[str, Any] = {}
        self._udfs: list[Udf] = []

    def load(self) -> list[dict[str, object]]:
        """Makes the instances, in order, and gives their functions. Raises `PluginError`."""
        self.clear()
        if not self._declared:
            return []
        # Type hints take a while to import, and most projects have no plug-ins.
        from mxcp._engine.udf import udfs_of

        taken: dict[str, str] = {}
        for entry in self._declared:
            name = str(entry["name"])
            found = _plugin_class(str(entry["module"]))
            try:
                instance = _instantiate(found, dict(entry.get("config") or {}))
                udfs = udfs_of(instance)
            except PluginError as error:
                raise PluginError(f"plug-in `{name}`: {error}") from error
            self.instances[name] = instance
            for udf in udfs:
                full = f"{udf.name}_{name}"
                if full.lower() in taken:
                    raise PluginError(
                        f"SQL functions `{taken[full.lower()]}` and `{full}` differ in case only, if at all"
                    )
                taken[full.lower()] = full
                udf.full_name = full
                self._udfs.append(udf)
        return [
            {
                "name": udf.full_name,
                "parameters": [parameter.sql for parameter in udf.parameters],
                "returns": udf.returns.sql,
            }
            for udf in self._udfs
        ]

    def evaluate(self, index: int, columns: list[list[object]], rows: int, wait: Waiter) -> list[object]:
        """Calls a function for each row of a chunk. Raises `UdfError`."""
        udf = self._udfs[index]
        try:
            arguments = [
                column if parameter.read is None else list(map(parameter.read, column))
                for parameter, column in zip(udf.parameters, columns, strict=True)
            ]
            # The tightest loop that Python has.
            results = (
                list(map(udf.function, *arguments)) if arguments else [udf.function() for _ in range(rows)]
            )
            if udf.is_async or (results and is_awaitable(results[0])):
                results = cast("list[object]", wait(lambda: _await_all(results)))
            write = udf.returns.write
            return results if write is None else list(map(write, results))
        except (CallCancelled, AwaitsInput):
            raise
        except BaseException as error:
            raise UdfError(f"{type(error).__name__}: {text_of(error)}") from error

    def shutdowns(self) -> list[tuple[str, Callable[[], object]]]:
        """The instances' `shutdown` methods, the last one's first."""
        return [(name, instance.shutdown) for name, instance in reversed(self.instances.items())]

    def clear(self) -> None:
        """Forgets all instances and functions."""
        self.instances.clear()
        self._udfs.clear()


async def _await_all(results: list[object]) -> list[object]:
    """One after the other, as functions that are not asynchronous run."""
    return [await cast("Awaitable[object]", item) if is_awaitable(item) else item for item in results]


def _plugin_class(module_name: str) -> type:
    from mxcp.plugins import MXCPBasePlugin

    try:
        module = importlib.import_module(module_name)
    except SyntaxError as error:
        raise PluginError(text_of(error)) from error
    except (CallCancelled, AwaitsInput):
        raise
    except BaseException as error:
        problem = f"Failed to import plugin module {module_name}: {text_of(error)}"
        if not isinstance(error, ModuleNotFoundError):
            log_error(problem, error)
        raise PluginError(problem) from error
    problem = f"Module {module_name} must contain an MXCPPlugin class: "
    found = getattr(module, "MXCPPlugin", None)
    if found is None:
        raise PluginError(f"{problem}module '{module_name}' has no attribute 'MXCPPlugin'")
    if not (isinstance(found, type) and issubclass(found, MXCPBasePlugin)):
        raise PluginError(f"{problem}MXCPPlugin must inherit from MXCPBasePlugin")
    return found


def _instantiate(found: type, config: dict[str, Any]) -> Any:
    try:
        return found(config)
    except (CallCancelled, AwaitsInput):
        raise
    except BaseException as error:
        log_error("plugin failed to start", error)
        raise PluginError(f"{type(error).__name__}: {text_of(error)}") from error
