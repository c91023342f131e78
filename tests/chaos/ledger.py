"""What clients were promised, and whether a server keeps it."""

import asyncio
from collections import Counter
from itertools import pairwise
from typing import Any

import aiohttp
from tests.chaos.call import Call, Talk
from tests.support.stored import Stored

SWEEP_SECONDS = 25.0
"""Two rounds of upkeep, 5 seconds each, and the turns that wait behind the lost ones."""


class Ledger:
    """Every conversation ever begun on one database."""

    def __init__(self, client: aiohttp.ClientSession, stored: Stored):
        self._client = client
        self._stored = stored
        self.talks: list[Talk] = []

    def open(self) -> Talk:
        talk = Talk(f"t{len(self.talks)}")
        self.talks.append(talk)
        return talk

    @property
    def unfinished(self) -> list[Call]:
        """Calls that have no answer yet and can be made: the first one of a talk gives its id."""
        return [
            call
            for talk in self.talks
            for call in (talk.calls if talk.id else talk.calls[:1])
            if not call.answered
        ]

    async def check_kept(self, url: str, talks: list[Talk] | None = None) -> None:
        """After a restart: nothing is open, and all that was acknowledged is there."""
        self.check_closed()
        self.check_counts()
        for talk in self.talks if talks is None else talks:
            if talk.id:
                await self._check_talk(url, talk)

    async def check_whole(self, url: str) -> None:
        """After every call has been repeated: each message once, each with its one answer."""
        await self.check_kept(url)
        for talk in self.talks:
            said = await self._said(url, talk)
            assert len(said) == 2 * len(talk.calls)
            assert {message["state"] for message in said} <= {"completed"}
            assert all(call.answered for call in talk.calls)

    async def finish(self, url: str) -> None:
        """Repeat whatever has no answer until it has one."""
        async with asyncio.timeout(40):
            while calls := self.unfinished:
                await asyncio.gather(*(call.make(self._client, url) for call in calls))

    def check_closed(self) -> None:
        """No turn and no message of the database waits or runs."""
        for table in ("turn", "message"):
            states = self._stored.states(table)
            assert not {"running", "queued"} & set(states), states

    def open_turns(self) -> int:
        states = self._stored.states("turn")
        return states["queued"] + states["running"]

    async def settled(self) -> None:
        """Wait until every turn has ended, those included that only a sweep can end."""
        async with asyncio.timeout(SWEEP_SECONDS):
            while self.open_turns():
                await asyncio.sleep(0.1)

    def check_counts(self) -> None:
        """No message was stored twice, nor one that nobody sent."""
        said = self._stored.rows("SELECT content FROM message WHERE role = 'user'")
        stored = Counter(content for (content,) in said)
        sent = {str(call.question) for talk in self.talks for call in talk.calls if call.sent}
        assert set(stored) <= sent
        assert set(stored.values()) <= {1}

    async def get(self, url: str, path: str) -> Any:
        async with self._client.get(url + path) as response:
            assert response.status == 200, (path, response.status, await response.text())
            return await response.json()

    async def _check_talk(self, url: str, talk: Talk) -> None:
        said = await self._said(url, talk)
        calls = {str(call.question): call for call in talk.calls}
        places = {
            message["content"]: place
            for place, message in enumerate(said)
            if message["role"] == "user"
        }
        roles = [message["role"] for message in said]
        assert len(places) == roles.count("user"), "a message is there twice"
        assert ("assistant", "assistant") not in pairwise(roles)
        for message, following in zip(said, [*said[1:], None], strict=True):
            if message["role"] == "user":
                answer = following if following and following["role"] == "assistant" else None
                self._check_answer(calls[message["content"]], answer)
        acknowledged = [call for call in talk.calls if call.acknowledged]
        for call in acknowledged:
            place = places.get(str(call.question))
            assert place is not None, f"lost: {call.question}"
            for other in talk.calls:
                later = places.get(str(other.question))
                if later is not None and other.sent > call.acknowledged:
                    assert place < later, f"{other.question} went before {call.question}"
            for turn_id, received in call.received.items():
                await self._check_turn(url, turn_id, received)
        counted = self._stored.rows(
            "SELECT message_count FROM conversation WHERE id = :id", id=talk.id.replace("-", "")
        )
        assert counted == [(len(said),)]

    @staticmethod
    def _check_answer(call: Call, answer: dict[str, Any] | None) -> None:
        whole = call.question.answer
        if call.answered:
            assert answer is not None
            assert answer["content"] == whole
            assert answer["state"] == "completed"
        elif answer is not None:
            assert whole.startswith(answer["content"])
            # All of it may have been said before its end was, or could be stored.
            assert (answer["state"] == "completed") == (answer["content"] == whole) or (
                answer["state"] in ("interrupted", "failed")
            )

    async def _check_turn(self, url: str, turn_id: str, received: str) -> None:
        turn = await self.get(url, f"/turns/{turn_id}")
        assert turn["text"].startswith(received), "characters that a client has are lost"
        assert turn["state"] in ("completed", "interrupted", "failed")

    async def _said(self, url: str, talk: Talk) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = (await self.get(url, f"/conversations/{talk.id}"))[
            "messages"
        ]
        return messages
