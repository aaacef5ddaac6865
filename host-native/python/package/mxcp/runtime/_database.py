"""SQL within a call."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from mxcp._engine.context import current_call
from mxcp._engine.errors import SqlFailure


class DatabaseError(RuntimeError):
    """The database refused or failed, and there is no `duckdb` package whose exception would say so."""


class Database:
    """The database of the project."""

    def execute(
        self, query: str, params: Mapping[str, Any] | Sequence[Any] | None = None
    ) -> list[dict[str, Any]]:
        """Runs SQL and gives the rows of the last statement, none if it has no rows.

        `params` are values for `$name`, or a list of values for `?` and `$1`. The statements of one
        call share a connection: transactions and temporary tables last until the call ends.

        Raises the exceptions of the `duckdb` package, as `duckdb.CatalogException`, or
        `DatabaseError` where that is not installed.
        """
        call = current_call()
        if not isinstance(query, str):
            raise TypeError(f"query must be a str, not {type(query).__name__}")
        try:
            return call.execute(query, _plain(params))
        except SqlFailure as failure:
            text = str(failure)
        # Outside of the handler, so that the traceback shows one exception.
        raise _exception(text)


def _plain(params: Any) -> dict[str, object] | list[object] | None:
    if params is None or type(params) is dict or type(params) is list:
        return params
    if isinstance(params, Mapping):
        return dict(params)
    if isinstance(params, Sequence) and not isinstance(params, (str, bytes, bytearray)):
        return list(params)
    raise TypeError(f"params must be a dict or a list, not {type(params).__name__}")


# What DuckDB's texts begin with, where its exception is not called the same.
_RENAMED = {
    "Invalid Error": "Error",
    "Not implemented Error": "NotImplementedException",
    "Out of Memory Error": "OutOfMemoryException",
    "Out of Range Error": "OutOfRangeException",
    "TransactionContext Error": "TransactionException",
    "IO Error": "IOException",
    "HTTP Error": "HTTPException",
    "INTERNAL Error": "InternalException",
    "FATAL Error": "FatalException",
    "INTERRUPT Error": "InterruptException",
    "Missing Extension Error": "Error",
    "Dependency Error": "DependencyException",
}


def _exception(text: str) -> Exception:
    """The exception that the `duckdb` package would raise with a text."""
    try:
        duckdb: Any = importlib.import_module("duckdb")
    except Exception:
        return DatabaseError(text)
    kind = text.partition(":")[0]
    name = _RENAMED.get(kind, kind.removesuffix(" Error").replace(" ", "") + "Exception")
    found = getattr(duckdb, name, duckdb.Error)
    known = isinstance(found, type) and issubclass(found, duckdb.Error)
    error: Exception = found(text) if known else duckdb.Error(text)
    return error
