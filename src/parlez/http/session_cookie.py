"""The cookie that a session is kept in."""

from dataclasses import dataclass

from fastapi import Request, Response

from parlez.core.session_ring import LONGEST
from parlez.core.sessions import SessionSecret


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """No script can read it, no foreign page has it sent with a change, and where the public URL is
    https (`secure`) it travels encrypted alone, and no other host or path can set it."""

    secure: bool

    @property
    def name(self) -> str:
        return "__Host-parlez_session" if self.secure else "parlez_session"

    def read(self, request: Request) -> str | None:
        """What a request has in the cookie; None if it has none."""
        if not any(name == b"cookie" for name, _ in request.scope["headers"]):
            return None
        return request.cookies.get(self.name) or None

    def give(self, response: Response, secret: SessionSecret) -> None:
        response.set_cookie(
            self.name,
            secret.text,
            max_age=LONGEST // 1_000_000,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def take_away(self, response: Response) -> None:
        response.delete_cookie(
            self.name, path="/", secure=self.secure, httponly=True, samesite="lax"
        )
