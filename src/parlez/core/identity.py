"""Who is asking, and how far they can see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from parlez.core.errors import Forbidden
from parlez.core.limits import Meter


@dataclass(frozen=True, slots=True)
class Scope:
    """What a caller can reach: one account's data, or of that only what one visitor of one of its
    apps said. Every query takes one; what lies outside it does not exist for the caller."""

    account_id: str
    app_id: str | None = None
    visitor: str | None = field(default=None, repr=False)

    def covers(self, other: "Scope") -> bool:
        """Whether all that lies in another scope lies in this one."""
        return self == other or (self.app_id is None and self.account_id == other.account_id)

    @property
    def account(self) -> "Scope":
        """All of the account."""
        return Scope(self.account_id) if self.app_id else self


class Right(StrEnum):
    """What a credential may be used for."""

    DATA = "data"
    KEYS = "keys"
    ACCOUNT = "account"
    METRICS = "metrics"
    ADMIN = "admin"


class Role(StrEnum):
    """What an account may do with the server. No role reaches into other accounts' messages."""

    OWNER = "owner"
    MEMBER = "member"


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.MEMBER: frozenset({Right.DATA, Right.KEYS, Right.ACCOUNT}),
}
"""The most that a credential of an account can do, by the role of the account."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account may do at the moment. A tier of None is without limit."""

    role: Role
    tier: str | None
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller.

    `key_id` or `session_id` names the credential that was used; with neither it is whoever sits at
    the machine. `meters` are how its turns are counted; with none it is without limit. `epoch` is
    that of `core.access` when the caller was let in; `expires_at` when the credential ends by
    itself. A visitor of an app came to `app_address`.
    """

    scope: Scope
    rights: frozenset[Right]
    key_id: str | None = None
    meters: tuple[Meter, ...] = ()
    session_id: str | None = None
    epoch: int = 0
    expires_at: int | None = None
    app_address: str | None = field(default=None, repr=False)

    @property
    def is_at_the_machine(self) -> bool:
        """Whether nothing but the place that the caller calls from lets it in."""
        return self.key_id is None and self.session_id is None and self.app_address is None

    def require(self, right: Right) -> None:
        """Raises `Forbidden` for a caller without a right."""
        if right not in self.rights:
            raise Forbidden(
                f"This credential may not be used for that: it lacks the scope '{right}'."
            )
