"""Plug-ins: classes whose methods are functions of SQL."""

from __future__ import annotations

from mxcp.plugins.base import MXCPBasePlugin, on_shutdown, udf

__all__ = ["MXCPBasePlugin", "on_shutdown", "udf"]
