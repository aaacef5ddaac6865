"""Runs the Python of a project: what the host of mxcp drives, and no project imports.

An `Engine` is one generation of a project's Python. The host makes it, calls functions through it
and stops it; a reload does the same with the next one.
"""

from __future__ import annotations

from mxcp._engine.call import Call
from mxcp._engine.content import ContentBlock
from mxcp._engine.describe import describe
from mxcp._engine.engine import Engine
from mxcp._engine.errors import (
    AskFailed,
    AskUnsupported,
    AwaitsInput,
    CallCancelled,
    PluginError,
    ProcessExit,
    ResolveError,
    SqlFailure,
    UdfError,
)
from mxcp._engine.simplify import simplify
from mxcp._engine.target import Target

__all__ = [
    "AskFailed",
    "AskUnsupported",
    "AwaitsInput",
    "Call",
    "CallCancelled",
    "ContentBlock",
    "Engine",
    "PluginError",
    "ProcessExit",
    "ResolveError",
    "SqlFailure",
    "Target",
    "UdfError",
    "describe",
    "simplify",
]
