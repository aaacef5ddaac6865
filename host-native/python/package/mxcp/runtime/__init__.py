"""What functions of a project use while they run.

from mxcp.runtime import config, db, mcp, on_init, on_shutdown, plugins, reload_duckdb
"""

from __future__ import annotations

from mxcp._engine.errors import AskFailed, AskUnsupported
from mxcp.runtime._answers import Elicited, Root, Roots, Sampled
from mxcp.runtime._client import Client
from mxcp.runtime._configuration import Configuration
from mxcp.runtime._database import Database, DatabaseError
from mxcp.runtime._lifecycle import on_init, on_shutdown, reload_duckdb
from mxcp.runtime._plugins import PluginInstances

db = Database()
config = Configuration()
plugins = PluginInstances()
mcp = Client()

__all__ = [
    "AskFailed",
    "AskUnsupported",
    "DatabaseError",
    "Elicited",
    "Root",
    "Roots",
    "Sampled",
    "config",
    "db",
    "mcp",
    "on_init",
    "on_shutdown",
    "plugins",
    "reload_duckdb",
]
