"""Accounts, sessions and invitations, as the dialect spells them."""

from typing import Any

from parlez.api.platform.account_schemas import AccountResponse
from parlez.api.platform.auth_schemas import MeResponse, SessionResponse
from parlez.api.platform.invitation_schemas import InvitationResponse, NewInvitationResponse
from parlez.core.identity import Caller
from parlez.core.invitations import InvitationCode
from parlez.core.ports.account_store import Account
from parlez.core.ports.invitation_store import Invitation
from parlez.core.sessions import Session, SessionSecret
from parlez.core.tiers import features
from parlez.http.times import iso_time, iso_time_or_none


def account(found: Account) -> AccountResponse:
    return AccountResponse(
        id=found.id,
        username=found.username,
        role=found.role.value,
        tier=found.tier,
        created_at=iso_time(found.created_at),
        disabled_at=iso_time_or_none(found.disabled_at),
    )


def session(whose: Account, begun: Session, secret: SessionSecret) -> SessionResponse:
    return SessionResponse(
        account=account(whose),
        csrf_token=secret.csrf_token,
        expires_at=iso_time(begun.expires_at),
    )


def me(caller: Caller, whose: Account, secret: SessionSecret | None) -> MeResponse:
    by_key = "key" if caller.key_id else "machine"
    return MeResponse(
        account=account(whose),
        credential="session" if caller.session_id else by_key,
        scopes=sorted(caller.rights),
        features=features(whose.tier),
        csrf_token=secret.csrf_token if secret and caller.session_id else None,
    )


def invitation(found: Invitation) -> InvitationResponse:
    return InvitationResponse(**_invitation(found))


def new_invitation(made: Invitation, code: InvitationCode) -> NewInvitationResponse:
    return NewInvitationResponse(**_invitation(made), code=code.text)


def _invitation(found: Invitation) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "created_at": iso_time(found.created_at),
        "expires_at": iso_time(found.expires_at),
        "used_at": iso_time_or_none(found.used_at),
        "revoked_at": iso_time_or_none(found.revoked_at),
    }
