"""A function that can be called."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from types import CodeType, ModuleType

from mxcp._engine.errors import NotCallable, ResolveError

# Of `inspect`, which takes a while to import: `async def`, with and without `yield`, and generators
# that `types.coroutine` declares to be coroutines.
_ASYNC_FLAGS = 0x80 | 0x100 | 0x200


class Target:
    """A function of the project, with what its calls need to know of it."""

    __slots__ = ("function", "is_async", "name")

    def __init__(self, name: str, function: Callable[..., object]) -> None:
        self.name = name
        self.function = function
        # Whether it has to be called on an event loop. A function that merely returns an awaitable
        # has not: a decorator that runs a coroutine by itself must be called off the loop.
        self.is_async = _is_async(function)


def find(module: ModuleType, file: str, shown: str, name: str | None) -> Target:
    """The function of a module that has a name, or the one that stands for a module without any.

    Raises `ResolveError` if there is none.
    """
    found = name if name is not None else _principal(module, file)
    function = getattr(module, found, None)
    if function is None:
        raise ResolveError(f"Function '{found}' not found in {shown}")
    if not callable(function):
        raise NotCallable(found, function)
    return Target(found, function)


def _principal(module: ModuleType, file: str) -> str:
    """Which function of a module is meant if none is named.

    `main`; or the one that is called as the file; or the alphabetically first public one that the
    module defines itself.
    """
    stem = os.path.splitext(os.path.basename(file))[0]
    for name in ("main", stem):
        if hasattr(module, name):
            return name
    for name in dir(module):
        value = getattr(module, name, None)
        if not name.startswith("_") and callable(value) and _defined_in(value, module):
            return name
    return "main"


def _defined_in(value: object, module: ModuleType) -> bool:
    """Whether a module defines something, rather than importing it."""
    while isinstance(value, functools.partial):
        value = value.func
    return getattr(value, "__module__", None) == module.__name__


def _is_async(function: Callable[..., object]) -> bool:
    """Whether calling gives a coroutine; sees through partial functions, methods and callable objects."""
    while isinstance(function, functools.partial):
        function = function.func
    if isinstance(function, type):
        return False
    # Methods lend the code of their functions, and `inspect.markcoroutinefunction` marks functions.
    for candidate in (function, _call_method(function)):
        code = getattr(candidate, "__code__", None)
        if isinstance(code, CodeType):
            return bool(code.co_flags & _ASYNC_FLAGS) or _is_marked(candidate)
    return False


def _is_marked(function: object) -> bool:
    inner = getattr(function, "__func__", function)
    return hasattr(inner, "_is_coroutine_marker")


def _call_method(function: object) -> object:
    """What runs when an object is called that is no function itself."""
    for base in type(function).__mro__:
        if "__call__" in vars(base):
            return vars(base)["__call__"]
    return None
