"""Signing in, and what else takes a password."""

from parlez.core.errors import Forbidden, InvalidInput, Unauthenticated
from parlez.core.identity import Scope
from parlez.core.limits import CallLimit
from parlez.core.passwords import Passwords
from parlez.core.ports.account_store import Account, AccountStore, Login
from parlez.core.ports.clock import Clock
from parlez.core.session_ring import SessionRing
from parlez.core.sessions import Session, SessionSecret
from parlez.core.throttle import Throttle
from parlez.core.usernames import normalize

FAILURES_PER_ADDRESS = CallLimit(30, 300)
FAILURES_PER_NAME = CallLimit(10, 300)
"""Only what fails counts. Nobody is locked out for longer than five minutes by others' guesses."""


class SignIn:
    def __init__(
        self, store: AccountStore, passwords: Passwords, sessions: SessionRing, clock: Clock
    ):
        self._store = store
        self._passwords = passwords
        self._sessions = sessions
        self._addresses = Throttle(FAILURES_PER_ADDRESS, clock)
        self._names = Throttle(FAILURES_PER_NAME, clock)

    async def sign_in(
        self, username: str, password: str, address: str
    ) -> tuple[Account, Session, SessionSecret]:
        """Begin a session of the account of a name and its password. Raises as `authenticate`
        does."""
        login = await self.authenticate(username, password, address)
        scope = Scope(login.account.id)
        session, secret = await self._sessions.open(scope)
        now = await self._store.login_of(scope)
        if now is None or now.password_hash != login.password_hash:
            # The password was changed meanwhile, which ended all sessions that there were.
            await self._sessions.end(scope, session.id)
            raise _refusal()
        return login.account, session, secret

    async def authenticate(self, username: str, password: str, address: str) -> Login:
        """The account of a name and its password. Raises `Unauthenticated`, in the same words and
        after the same time whether the name is known or not, `Forbidden` for a disabled account,
        and `RateLimited`."""
        name = normalize(username)
        at_address = self._addresses.admit(address)
        at_name = self._names.admit(name)
        login = await self._store.login(name)
        if not await self._passwords.check(password, login.password_hash if login else None):
            raise _refusal()
        assert login is not None
        self._addresses.take_back(address, at_address)
        self._names.take_back(name, at_name)
        if login.account.standing.disabled:
            raise Forbidden("This account is disabled. Ask an owner of the server.")
        return login

    async def confirm(self, scope: Scope, password: str) -> None:
        """Raises `Forbidden` if this is not the password of an account, and `RateLimited`."""
        login = await self._login(scope)
        name = login.account.username or ""
        at_name = self._names.admit(name)
        if not await self._passwords.check(password, login.password_hash):
            raise Forbidden("The password is wrong.")
        self._names.take_back(name, at_name)

    async def change_password(
        self, scope: Scope, session_id: str | None, old: str, new: str
    ) -> None:
        """Give an account another password, and end all its sessions but the one that asks. Raises
        as `confirm` does."""
        await self.confirm(scope, old)
        await self._store.set_password(scope, await self._passwords.hash(new))
        await self._sessions.end_others(scope, session_id)

    async def _login(self, scope: Scope) -> Login:
        login = await self._store.login_of(scope)
        if login is None:
            raise InvalidInput("This account has no password.")
        return login


def _refusal() -> Unauthenticated:
    return Unauthenticated("The username or the password is wrong.")
