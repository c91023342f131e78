"""What is at hand of credentials is never older than the last change."""

import asyncio
from dataclasses import dataclass

from parlez.core.access import Access


@dataclass(frozen=True)
class Stored:
    account_id: str
    version: int


class Nothing:
    def __init__(self) -> None:
        self.ended: list[str] = []

    def end_credential(self, credential_id: str) -> None:
        self.ended.append(credential_id)

    def end_account(self, account_id: str) -> None:
        self.ended.append(account_id)


class Database:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.version = 1
        self.reads = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def find(self, credential_id: str) -> Stored | None:
        self.reads += 1
        version = self.version
        await self.gate.wait()
        return Stored("a", version) if credential_id == "k" else None


async def test_it_is_read_once() -> None:
    database = Database()
    cache = Access(Nothing()).cache(database.find)
    for _ in range(3):
        assert await cache.find("k") == Stored("a", 1)
    assert database.reads == 1
    for _ in range(2):
        assert await cache.find("none") is None
    assert database.reads == 3, "nothing is kept of what is not there"


async def test_what_was_read_before_a_change_is_read_again() -> None:
    database, stopper = Database(), Nothing()
    access = Access(stopper)
    cache = access.cache(database.find)
    for change in (
        lambda: access.end("k"),
        lambda: access.change("a"),
        lambda: access.suspend("a"),
    ):
        database.gate.clear()
        finding = asyncio.create_task(cache.find("k"))
        await asyncio.sleep(0)
        epoch = access.epoch
        database.version += 1
        change()
        assert access.epoch > epoch
        database.gate.set()
        assert await finding == Stored("a", database.version)
        assert await cache.find("k") == Stored("a", database.version)
        access.end("k")
    assert stopper.ended == ["k", "k", "k", "a", "k"]


async def test_a_change_of_one_account_leaves_others_at_hand() -> None:
    database = Database()
    access = Access(Nothing())
    cache = access.cache(database.find)
    await cache.find("k")
    access.change("another")
    access.end("another")
    await cache.find("k")
    assert database.reads == 1


async def test_a_closed_account_is_let_in_nowhere() -> None:
    access = Access(Nothing())
    cache = access.cache(Database().find)
    assert await cache.find("k")
    access.close("a")
    assert await cache.find("k") is None
    access.reopen("a")
    assert await cache.find("k")
