"""Callers of apps as route parameters."""

import uuid
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from parlez.core.apps import App, FoundApp
from parlez.core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from parlez.core.identity import Caller, Right, Scope
from parlez.http.address import address_of
from parlez.http.credentials import credential
from parlez.http.origins import is_own
from parlez.http.services import services

SESSION_HEADER = "x-vanusai-sessionid"


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at an app. The caller's scope is that of one visitor, who is a session, and the
    account's key if one was sent."""

    app: App
    caller: Caller
    session_id: str


SessionHeader = Annotated[
    str,
    Header(
        alias=SESSION_HEADER,
        description="A random UUID of your own: each is another conversation.",
        examples=["1f0c5a6e-6a3b-4c43-8a53-5d3f5f1d2a6b"],
    ),
]


async def visit(request: Request, address: uuid.UUID) -> Visit:
    """Let a visitor in. A credential that is sent must be good for the app's account; without one
    the app must be open to all who know its address.

    Raises `Unauthenticated`, `Forbidden`, `InvalidInput`, `RateLimited`; and `NotFound` where there
    is no app, or one of another account than the caller's.
    """
    found, holder = await found_app(request, address)
    if not found.is_open:
        raise Forbidden("This app is paused.", code="app_paused")
    _check_origin(request, found.app, holder)
    session_id = _session(request)
    return Visit(found.app, _caller(request, found, holder, session_id), session_id)


Visitor = Annotated[Visit, Depends(visit)]


async def found_app(
    request: Request, address: uuid.UUID, *, heed_cookies: bool = True
) -> tuple[FoundApp, Caller | None]:
    """The app at an address, and who calls it, None for anybody. Without `heed_cookies` who is
    signed in is nobody in particular, where no key is required. Raises as `visit` does."""
    gate, apps = services(request).gate, services(request).apps
    holder: Caller | None = None
    if gate.is_shown_one(request) if heed_cookies else credential(request) is not None:
        holder = await gate.admit(request)
        holder.require(Right.DATA)
    found = await apps.at(address.hex)
    if found is None or (holder and holder.scope.account_id != found.account_id):
        raise NotFound("There is no app at this address.")
    if holder is None and found.app.terms.key_required:
        holder = await gate.admit(request)
        if holder.scope.account_id != found.account_id:
            raise NotFound("There is no app at this address.")
    if holder is None:
        gate.requests.admit(f"{found.app.id} {address_of(request)}")
    return found, holder


def _check_origin(request: Request, app: App, holder: Caller | None) -> None:
    """Web pages must be among those that the app is for. Where it says which those are, others than
    web pages must have a key to begin something."""
    origins = request.headers.getlist("origin")
    if origins:
        if not all(
            app.terms.allows_origin(origin) or is_own(request, origin, services(request).public_url)
            for origin in origins
        ):
            raise Forbidden("This app is not for web pages of this origin.", code="wrong_origin")
    elif app.terms.origins and request.method == "POST" and holder is None:
        raise Unauthenticated(
            "This app is for web pages, which send their Origin. Anything else needs an API key: "
            "send 'Authorization: Bearer <key>'."
        )


def _session(request: Request) -> str:
    sent = request.headers.get(SESSION_HEADER)
    if sent is None:
        raise InvalidInput(f"The header {SESSION_HEADER} is missing.", param=SESSION_HEADER)
    try:
        return str(uuid.UUID(sent))
    except ValueError:
        raise InvalidInput(
            f"The header {SESSION_HEADER} must be a UUID.", param=SESSION_HEADER
        ) from None


def _caller(request: Request, found: FoundApp, holder: Caller | None, session_id: str) -> Caller:
    apps, gate = services(request).apps, services(request).gate
    app = found.app
    visitor = uuid.UUID(session_id).hex
    key_id = None
    if holder is not None:
        # Somebody of the account, who has no key here, is another visitor than anybody.
        key_id = holder.key_id
        visitor = f"{key_id or 'account'} {visitor}"
    return Caller(
        Scope(app.account_id, app.id, visitor),
        frozenset(),
        key_id,
        apps.meters(found, key_id, address_of(request)),
        holder.session_id if holder else None,
        gate.epoch,
        holder.expires_at if holder else None,
        app.address,
    )
