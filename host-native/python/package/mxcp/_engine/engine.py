"""One generation of a project's Python."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from mxcp._engine import hooks, process
from mxcp._engine.call import Call
from mxcp._engine.check import check
from mxcp._engine.context import CURRENT, Context
from mxcp._engine.describe import log_error, text_of
from mxcp._engine.errors import AwaitsInput, CallCancelled
from mxcp._engine.loader import Loader
from mxcp._engine.loops import Loops
from mxcp._engine.outcome import settle
from mxcp._engine.paths import ImportPaths
from mxcp._engine.plugins import Plugins
from mxcp._engine.results import FINISHED, arrive, drain, is_awaitable, is_stream
from mxcp._engine.settings import Settings
from mxcp._engine.simplify import forget_types
from mxcp._engine.target import Target, find

Done = Callable[[object, "BaseException | None"], None]


class Engine:
    """The Python of a project from its start, or a reload, to its end, or the next reload.

    The methods may be called from any thread, and at the same time.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        process.protect()
        self.settings = Settings(settings)
        self.plugins = Plugins(self.settings.plugins)
        self._paths = ImportPaths(
            self.settings.root, self.settings.modules, self.settings.plugins_folder, self.settings.sources
        )
        self._loader = Loader(self._paths)
        self._loops = Loops()
        self._targets: dict[tuple[str, str | None], Target] = {}
        self._entering = threading.Lock()
        self._entered = False

    def load_plugins(self) -> list[dict[str, object]]:
        """Makes the plug-ins and gives the functions that they define for SQL. Raises `PluginError`."""
        self._enter()
        token = CURRENT.set(Context(self, None))
        try:
            return self.plugins.load()
        except BaseException:
            # The host does not go on with this generation.
            self._leave()
            raise
        finally:
            CURRENT.reset(token)

    def initialise(self, call: Call) -> None:
        """Imports the project's modules and runs the init hooks. What fails is logged."""
        self._enter()
        context = Context(self, call)
        token = CURRENT.set(context)
        try:
            self._loader.preload()
            for hook in hooks.INIT.all():
                self._run_hook("init hook", hook, context)
        finally:
            CURRENT.reset(token)

    def resolve(self, file: str, shown: str, function: str | None, call: Call | None = None) -> Target:
        """The function of a file; `shown` is what messages call the file. Raises `ResolveError`.

        The code of a module that is imported on this occasion runs within `call`.
        """
        known = self._targets.get((file, function))
        if known is not None:
            return known
        self._enter()
        token = CURRENT.set(Context(self, call))
        try:
            target = find(self._loader.load(file), file, shown, function)
        finally:
            CURRENT.reset(token)
        self._targets[file, function] = target
        return target

    def call(self, target: Target, arguments: dict[str, object], call: Call) -> object:
        """Calls a function in this thread and gives what it returns, or raises what it raises."""
        context = Context(self, call)
        token = CURRENT.set(context)
        try:
            result = target.function(**arguments)
            if type(result) not in FINISHED:
                result = self._finish(result, context)
        except Exception:
            if not context.awaits_input:
                raise
        except BaseException as error:
            settled = settle(error, context)
            if settled is error:
                raise
            raise settled from error
        finally:
            CURRENT.reset(token)
            if process.forked:
                # A child that the function forked must not answer the caller a second time.
                process.leave(0)
        if context.awaits_input:
            raise AwaitsInput
        return result

    def submit(
        self, target: Target, arguments: dict[str, object], call: Call, done: Done
    ) -> Callable[[], None]:
        """Calls a function on an event loop. `done` is called once, on the loop's thread.

        What it gives takes the call back, on any thread.
        """

        async def run() -> object:
            return await arrive(target.function(**arguments))

        return self._loops.submit(run, Context(self, call), done).cancel

    def evaluate(self, index: int, columns: list[list[object]], rows: int, call: Call) -> list[object]:
        """Computes a function of SQL for each row of a chunk. Raises `UdfError`."""
        context = Context(self, call)
        token = CURRENT.set(context)
        try:
            return self.plugins.evaluate(index, columns, rows, lambda run: self._loops.wait(run, context))
        finally:
            CURRENT.reset(token)

    def check(
        self, file: str, shown: str, function: str | None, parameters: list[str], call: Call | None = None
    ) -> list[dict[str, object]]:
        """Says what is wrong with a function that would be called with arguments of these names."""
        self._enter()
        token = CURRENT.set(Context(self, call))
        try:
            return check(self._loader, file, shown, function, parameters)
        finally:
            CURRENT.reset(token)

    def stop(self, call: Call) -> None:
        """Runs the shutdown hooks, shuts the plug-ins down, and forgets the project's modules."""
        context = Context(self, call)
        token = CURRENT.set(context)
        try:
            for hook in hooks.SHUTDOWN.all():
                self._run_hook("shutdown hook", hook, context)
            for hook in reversed(hooks.PLUGIN_SHUTDOWN.all()):
                self._run_hook("shutdown hook", hook, context)
            for name, shutdown in self.plugins.shutdowns():
                self._run_hook(f"shutdown of plugin {name}", shutdown, context)
        finally:
            CURRENT.reset(token)
            self._loops.close()
            self._leave()

    def _enter(self) -> None:
        if self._entered:
            return
        with self._entering:
            if not self._entered:
                self._paths.enter()
                hooks.prune()
                self._entered = True

    def _leave(self) -> None:
        """Forgets everything that came of the project's files."""
        self._targets.clear()
        self.plugins.clear()
        with self._entering:
            if self._entered:
                self._entered = False
                self._paths.leave()
        hooks.prune()
        forget_types()

    def _finish(self, result: object, context: Context) -> object:
        """Awaits what is to be awaited, and takes everything out of a generator while there is a context."""
        if is_awaitable(result) or is_stream(result):
            return self._loops.wait(lambda: arrive(result), context)
        return drain(result)

    def _run_hook(self, kind: str, hook: hooks.Hook, context: Context) -> None:
        name = hooks.name_of(hook)
        try:
            self._finish(hook(), context)
        except CallCancelled:
            raise
        except BaseException as error:
            log_error(f"Error in {kind} {name}: {text_of(error)}", error)
