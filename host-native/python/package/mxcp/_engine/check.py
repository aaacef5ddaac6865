"""Looks at a function without calling it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mxcp._engine.describe import text_of
from mxcp._engine.errors import AwaitsInput, CallCancelled, NotCallable, ResolveError
from mxcp._engine.target import Target, find

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from mxcp._engine.loader import Loader

Finding = dict[str, object]
# What a plug-in's module has. Not a function: whoever asks for it wants to know of the file only.
PLUGIN_CLASS = "MXCPPlugin"


def check(
    loader: Loader, file: str, shown: str, function: str | None, parameters: list[str]
) -> list[Finding]:
    """What keeps a function from being called with arguments of these names."""
    try:
        with open(file, "rb") as source:
            compile(source.read(), file, "exec", dont_inherit=True)
    except OSError:
        return [_finding("missing", f"file `{shown}` can't be read", None)]
    except (SyntaxError, ValueError) as error:
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        return [_finding("syntax", message, getattr(error, "lineno", None))]
    if function == PLUGIN_CLASS:
        # Importing it here would register its hooks a second time: the next generation does.
        return []
    try:
        module = loader.import_file(file)
    except (CallCancelled, AwaitsInput):
        raise
    except BaseException as error:
        message = f"{type(error).__name__}: {text_of(error)}"
        return [_finding("import", message, _line_in(error, file))]
    return _of_function(module, file, shown, function, parameters)


def _of_function(
    module: ModuleType, file: str, shown: str, function: str | None, parameters: list[str]
) -> list[Finding]:
    try:
        target = find(module, file, shown, function)
    except NotCallable as error:
        return [_finding("missing", f"`{error.name}` in {shown} is no function: {error}", None)]
    except ResolveError as error:
        return [_finding("missing", str(error), None)]
    message = _signature_problem(target, parameters)
    if message is None:
        return []
    return [_finding("signature", message, _line_of(target.function, file))]


def _signature_problem(target: Target, names: list[str]) -> str | None:
    """Why a function can't be called with arguments of these names, if so."""
    import inspect

    try:
        taken = inspect.signature(target.function).parameters.values()
    except (TypeError, ValueError):
        # Functions of extension modules need not tell what they take.
        return None
    by_position = [
        p.name for p in taken if p.kind is p.POSITIONAL_ONLY and (p.name in names or p.default is p.empty)
    ]
    if by_position:
        name = by_position[0]
        return f"function `{target.name}` takes `{name}` by position only; arguments are passed by name"
    by_name = {p.name: p for p in taken if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    takes_any = any(p.kind is p.VAR_KEYWORD for p in taken)
    unknown = [name for name in names if name not in by_name and not takes_any]
    if unknown:
        return f"function `{target.name}` does not take {_listed(unknown)}"
    missing = [name for name, p in by_name.items() if p.default is p.empty and name not in names]
    if missing:
        return f"function `{target.name}` requires {_listed(missing)}, which no parameter provides"
    return None


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _line_in(error: BaseException, file: str) -> int | None:
    """The last line of a file that an exception came through."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    line = None
    traceback = error.__traceback__
    while traceback is not None:
        if os.path.realpath(traceback.tb_frame.f_code.co_filename) == os.path.realpath(file):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _line_of(function: Callable[..., object], file: str) -> int | None:
    """Where a function begins, if that is in the file."""
    import inspect

    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or os.path.realpath(code.co_filename) != os.path.realpath(file):
        return None
    return int(code.co_firstlineno)


def _finding(kind: str, message: str, line: int | None) -> Finding:
    return {"kind": kind, "message": message, "line": line}
