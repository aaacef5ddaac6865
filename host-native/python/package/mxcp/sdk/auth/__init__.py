"""The user of a request."""

from __future__ import annotations

from mxcp.sdk.auth.context import get_user_context, reset_user_context, set_user_context
from mxcp.sdk.auth.models import UserContextModel

__all__ = ["UserContextModel", "get_user_context", "reset_user_context", "set_user_context"]
