"""The call that runs, with everything that belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxcp._engine.context import CURRENT, Context
from mxcp.sdk.auth.context import get_user_context

if TYPE_CHECKING:
    from mxcp.sdk.auth.models import UserContextModel


class ExecutionContext:
    """Values of a call by key, and its user.

    `request_headers`, `transport`, `user_config`, `site_config`, `duckdb_runtime` and `mcp` are
    there to begin with.
    """

    def __init__(self, user_context: UserContextModel | None = None) -> None:
        self._user = user_context
        self._values: dict[str, Any] = {}

    @property
    def user_context(self) -> UserContextModel | None:
        """The user; none without authentication."""
        return self._user

    @property
    def user_id(self) -> str | None:
        """The user's id at the identity provider."""
        return self._user.user_id if self._user else None

    @property
    def username(self) -> str | None:
        """The name that the user signs in with."""
        return self._user.username if self._user else None

    @property
    def provider(self) -> str | None:
        """The identity provider."""
        return self._user.provider if self._user else None

    @property
    def email(self) -> str | None:
        """The user's mail address."""
        return self._user.email if self._user else None

    @property
    def external_token(self) -> str | None:
        """The user's access token of the identity provider."""
        return self._user.external_token if self._user else None

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key."""
        return self._values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Keeps a value for the rest of the call."""
        self._values[key] = value


def get_execution_context() -> ExecutionContext | None:
    """The call that runs; none outside of one."""
    context = CURRENT.get()
    if context is None:
        return None
    if context.execution is None:
        context.execution = _of(context)
    return context.execution


def _of(context: Context) -> ExecutionContext:
    import mxcp.runtime

    made = ExecutionContext(get_user_context())
    made.set("site_config", context.engine.settings.site_config)
    made.set("user_config", context.engine.settings.user_config)
    made.set("duckdb_runtime", mxcp.runtime.db)
    made.set("mcp", mxcp.runtime.mcp)
    call = context.call
    if call is not None:
        made.set("transport", call.transport)
        if call.headers is not None:
            made.set("request_headers", call.headers)
        if not call.transport.startswith("cli"):
            # Code asks for this to find out whether something is served.
            made.set("_mxcp_server", call)
    return made
