"""Those who use a server: with a browser that has signed in, or with a key."""

from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from argon2 import PasswordHasher
from tests.support.server import Answer, Running

from parlez.core.identity import RIGHTS, Right, Role, Scope

PASSWORD = "a long enough secret"


def hash_quickly(parlez: Running) -> None:
    """Spare a test the time that good hashing takes."""
    passwords = parlez.services.sign_in._passwords
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def machine(parlez: Running) -> dict[str, str]:
    """The headers of whoever sits at the machine, also where there is no local owner."""
    return {"Authorization": f"Bearer {parlez.server.control_token}"}


@dataclass
class Browser:
    """Keeps the cookie and the CSRF token that it gets, and sends them."""

    parlez: Running
    headers: dict[str, str] = field(default_factory=dict)
    account: dict[str, Any] = field(default_factory=dict)

    async def call(self, method: str, path: str, body: Any = None) -> Answer:
        return await self.parlez.call(method, path, body, headers=self.headers)

    async def sign_up(self, username: str, **fields: Any) -> Answer:
        body = {"username": username, "password": PASSWORD, **fields}
        return self._keep(await self.parlez.call("POST", "/api/auth/signup", body))

    async def sign_in(self, username: str, password: str = PASSWORD) -> Answer:
        body = {"username": username, "password": password}
        return self._keep(await self.parlez.call("POST", "/api/auth/login", body))

    @property
    def scope(self) -> Scope:
        return Scope(self.account["id"])

    def _keep(self, answer: Answer) -> Answer:
        if "set-cookie" in answer.headers:
            [cookie] = SimpleCookie(answer.headers["set-cookie"]).values()
            self.headers = {
                "Cookie": f"{cookie.key}={cookie.value}",
                "X-CSRF-Token": answer.body["csrf_token"],
            }
            self.account = answer.body["account"]
        return answer


async def owner(parlez: Running, username: str = "ada") -> Browser:
    """The server's owner, who takes possession of it and signs in."""
    hash_quickly(parlez)
    body = {"username": username, "password": PASSWORD}
    made = await parlez.call("POST", "/api/owner", body, headers=machine(parlez))
    assert made.status == 201, made.body
    browser = Browser(parlez)
    assert (await browser.sign_in(username)).status == 200
    return browser


async def member(parlez: Running, username: str = "grace") -> Browser:
    """Somebody who signs up, with an owner's invitation if it takes one."""
    hash_quickly(parlez)
    made = await parlez.call(
        "POST", "/api/invitations", {"name": username}, headers=machine(parlez)
    )
    browser = Browser(parlez)
    answer = await browser.sign_up(username, code=made.body["code"])
    assert answer.status == 201, answer.body
    return browser


async def key_of(
    parlez: Running, scope: Scope, rights: frozenset[Right] = RIGHTS[Role.OWNER]
) -> dict[str, str]:
    """The headers of a new key of an account."""
    _, secret = await parlez.services.keys.create(scope, "test", rights)
    return {"Authorization": f"Bearer {secret.text}"}


async def second_account(parlez: Running) -> dict[str, str]:
    """The headers of an account that has nothing."""
    return await key_of(parlez, await parlez.services.accounts.create_nameless())


async def account_with_voice(parlez: Running) -> Scope:
    """An account of the lowest tier that may speak."""
    scope = await parlez.services.accounts.create_nameless()
    await parlez.services.accounts.change(scope.account_id, tier=("Basic",))
    return scope
