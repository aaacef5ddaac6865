"""What is known of a user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class UserContextModel:
    """A user, as the identity provider describes them."""

    provider: str
    """The identity provider: `github`, `oidc`, …; `cli` for users that the command line makes up."""
    user_id: str
    username: str
    email: str | None = None
    name: str | None = None
    avatar_url: str | None = None
    raw_profile: dict[str, Any] | None = field(default=None, repr=False)
    """The profile as the provider gave it."""
    external_token: str | None = field(default=None, repr=False)
    """The user's access token of the provider."""
    capabilities: list[str] = field(default_factory=list)
    """What the user may do, by the mapping of claims."""

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> UserContextModel:
        """A user of fields; those that are not known are left out, and required ones may be missing."""
        known = {item.name: values[item.name] for item in fields(cls) if values.get(item.name) is not None}
        for name in ("provider", "user_id", "username"):
            known.setdefault(name, "")
        known["capabilities"] = list(known.get("capabilities") or [])
        return cls(**known)

    def model_dump(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)
