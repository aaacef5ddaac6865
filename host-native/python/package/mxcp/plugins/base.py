"""The class that plug-ins derive from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from mxcp._engine.context import CURRENT
from mxcp._engine.hooks import PLUGIN_SHUTDOWN

if TYPE_CHECKING:
    from mxcp.sdk.auth.models import UserContextModel

_Function = TypeVar("_Function", bound=Callable[..., Any])
_HookFunction = TypeVar("_HookFunction", bound=Callable[[], object])

# What `@udf` leaves on a method.
MARK = "_mxcp_udf"


def udf(function: _Function) -> _Function:
    """Makes a method a function of SQL, called `<method>_<name of the plug-in>`.

    Its type hints say which types SQL sees. A coroutine function is awaited, row after row.
    """
    setattr(function, MARK, True)
    return function


def on_shutdown(function: _HookFunction) -> _HookFunction:
    """Has a function called when the project's Python ends, before the plug-ins are shut down.

    The function that was registered last is called first.
    """
    PLUGIN_SHUTDOWN.add(function)
    return function


class MXCPBasePlugin:
    """A plug-in: an instance is made for each entry under `plugin` in the site file."""

    # For classes that don't call `super().__init__`.
    _config: Mapping[str, Any] = MappingProxyType({})
    _user_context: UserContextModel | None = None

    def __init__(self, config: Mapping[str, Any], user_context: UserContextModel | None = None) -> None:
        """Keeps the settings of the plug-in. `user_context` is for tests: no user exists at this time."""
        self._config = config
        self._user_context = user_context

    @property
    def user_context(self) -> UserContextModel | None:
        """The user of the current request; none without authentication, and outside of requests."""
        if self._user_context is not None:
            return self._user_context
        if CURRENT.get() is None:
            return None
        from mxcp.sdk.auth.context import get_user_context

        return get_user_context()

    def get_user_token(self) -> str | None:
        """The user's access token of the identity provider."""
        user = self.user_context
        return user.external_token if user else None

    def get_username(self) -> str | None:
        """The name that the user signs in with."""
        user = self.user_context
        return user.username if user else None

    def get_user_email(self) -> str | None:
        """The user's mail address."""
        user = self.user_context
        return user.email if user else None

    def get_user_provider(self) -> str | None:
        """The identity provider that vouches for the user."""
        user = self.user_context
        return user.provider if user else None

    def is_authenticated(self) -> bool:
        """Whether there is a user."""
        return self.user_context is not None

    def udfs(self) -> list[dict[str, Any]]:
        """The functions for SQL: `name`, `method`, and the SQL types `args` and `return_type`."""
        from mxcp._engine.udf import udfs_of

        return [
            {
                "name": found.name,
                "method": found.function,
                "args": [parameter.text() for parameter in found.parameters],
                "return_type": found.returns.text(),
            }
            for found in udfs_of(self)
        ]

    def shutdown(self) -> None:
        """Called when the plug-in is no longer needed. To be overridden; does nothing."""

    @classmethod
    def find_plugins(cls, module: ModuleType) -> list[type[MXCPBasePlugin]]:
        """The plug-in classes that a module has, without the base class."""
        found = [member for _, member in sorted(vars(module).items()) if isinstance(member, type)]
        return [member for member in found if issubclass(member, cls) and member is not MXCPBasePlugin]
