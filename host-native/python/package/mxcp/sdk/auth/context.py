"""Who makes the request that runs."""

from __future__ import annotations

from contextvars import ContextVar, Token

from mxcp._engine.context import CURRENT
from mxcp.sdk.auth.models import UserContextModel

# A user that the code put in the place of the request's. `False`: it put none there.
_CHOSEN: ContextVar[UserContextModel | bool | None] = ContextVar("mxcp_user", default=False)


def get_user_context() -> UserContextModel | None:
    """The user of the request; none without authentication, and outside of requests."""
    chosen = _CHOSEN.get()
    if not isinstance(chosen, bool):
        return chosen
    context = CURRENT.get()
    if context is None or context.call is None:
        return None
    if context.user is None and context.call.user is not None:
        context.user = UserContextModel.from_mapping(context.call.user)
    return context.user


def set_user_context(user: UserContextModel | None) -> Token[UserContextModel | bool | None]:
    """Puts another user in the place of the request's, for the code that runs from here, as in tests."""
    return _CHOSEN.set(user)


def reset_user_context(token: Token[UserContextModel | bool | None]) -> None:
    """Takes back what `set_user_context` did."""
    _CHOSEN.reset(token)
