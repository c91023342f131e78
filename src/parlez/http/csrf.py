"""Telling pages of ours from foreign ones that make a browser send its cookie along:
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from fastapi import Request

from parlez.core.errors import Forbidden
from parlez.core.sessions import SessionSecret

HEADER = "x-csrf-token"

_CHANGE_NOTHING = ("GET", "HEAD", "OPTIONS")


def require_csrf_token(request: Request, session: SessionSecret) -> None:
    """Raises `Forbidden` for a request that could change something and does not have the token of
    its session."""
    if request.method in _CHANGE_NOTHING:
        return
    if not session.matches_csrf(request.headers.get(HEADER, "")):
        raise Forbidden(
            "A session's changes need its CSRF token: send the 'csrf_token' of /api/auth/me as "
            "'X-CSRF-Token'."
        )
