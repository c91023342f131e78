"""Whatever is done to a conversation in whatever order, its tree has no gap and no circle, its
counts are what is in it, and nothing goes away but what was erased."""

import random
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest
from sqlalchemy import text
from tests.support.engine import ME, MODEL, OneModel, Rig
from tests.support.store import Stores

from parlez.core.budget import Period, Unit
from parlez.core.conversation_desk import ConversationDesk
from parlez.core.conversation_list import ListQuery
from parlez.core.conversations import Profile
from parlez.core.errors import Conflict, InvalidInput, ModelFailed, NotFound
from parlez.core.ledger import Grouping
from parlez.core.messages import Message, Role
from parlez.core.ports.chat_model import ChatRequest, Finished, Prompt
from parlez.core.reserve import Reserve
from parlez.core.turns import Continuation, Edit, IdempotencyKey, Payer, Regeneration, TurnRequest
from parlez.storage.connection import Connection
from parlez.testing.scripted_model import Pause, Script

STEPS = 40
SEEDS = 4
PAYER = Payer("key", (), lambda _: Reserve.of(["Hi"], 100, [MODEL]))

_TREE = text("SELECT id, parent_id, turn_id, content FROM message WHERE conversation_id = :id")
_TURNS = text("SELECT id, user_message_id, answer_id FROM turn WHERE conversation_id = :id")


class Walk:
    """One conversation, and all that can be done to it."""

    def __init__(self, stores: Stores, seed: int):
        self.random = random.Random(seed)
        self.rig = Rig(stores, self.answer)
        self.desk = ConversationDesk(
            stores.conversations, self.rig.engine, OneModel(self.rig.model)
        )
        self.stores = stores
        self.numbers = count()
        self.id = ""

    def answer(self, request: ChatRequest) -> Script:
        words = f"answer {next(self.numbers)}"
        scripts: list[Script] = [
            words,
            [words, Pause(0.002), " and more"],
            [words, Finished("length", None)],
            [words, ModelFailed("It broke.")],
            [ModelFailed("It broke at once.")],
            [Finished("stop", None)],
        ]
        return self.random.choice(scripts)

    def words(self) -> str:
        return f"words {next(self.numbers)}"

    async def rows(self) -> tuple[dict[str, Any], list[Any]]:
        def look(c: Connection) -> tuple[dict[str, Any], list[Any]]:
            tree = {row[0]: row[1:] for row in c.all(_TREE, id=self.id)}
            return tree, list(c.all(_TURNS, id=self.id))

        return await self.stores.database.read(look)

    async def begin(self) -> None:
        made = await self.desk.create(ME, None, Profile())
        self.id = made.id
        now = self.stores.clock.now()
        await self.stores.budgets.set(ME, None, Unit.TOKENS, Period.DAY, 10**9, now)

    async def any_message(self) -> str | None:
        tree, _ = await self.rows()
        return self.random.choice([*sorted(tree), None])

    async def turn(self, words: str = "", **fields: Any) -> None:
        name = self.random.choice([None, f"key {self.random.randrange(4)}"])
        key = IdempotencyKey("test", name, "") if name else None
        request = TurnRequest(
            words, conversation_id=self.id, stream=self.random.random() < 0.5, **fields
        )
        started = await self.rig.engine.start(ME, request, key, PAYER)
        if self.random.random() < 0.3:
            await self.rig.engine.stop(ME, started.turn.id)
        elif self.random.random() < 0.6:
            await self.rig.engine.wait(ME, started.turn.id)

    async def say(self) -> None:
        _, turns = await self.rows()
        behind = [row[2] for row in turns] + [None] * 3
        roles = [Role.USER, Role.ASSISTANT]
        earlier = [Prompt(roles[n % 2], self.words()) for n in range(self.random.randrange(4))]
        await self.turn(
            self.words(),
            earlier=tuple(earlier),
            parent_id=self.random.choice(behind),
            role=self.random.choice([Role.USER, Role.USER, Role.ASSISTANT]),
        )

    async def regenerate(self) -> None:
        await self.turn(attachment=Regeneration(await self.any_message()))

    async def edit(self) -> None:
        if message_id := await self.any_message():
            await self.turn(self.words(), attachment=Edit(message_id))

    async def go_on(self) -> None:
        await self.turn(attachment=Continuation(await self.any_message()))

    async def add(self) -> None:
        role = self.random.choice([Role.USER, Role.ASSISTANT])
        await self.desk.add(ME, self.id, Prompt(role, self.words()))

    async def erase(self) -> None:
        _, turns = await self.rows()
        if len(turns) > 1:
            await self.settle()
            before = await self.paths()
            turn_id, *_ = self.random.choice(sorted(turns))
            await self.desk.delete_turn(ME, turn_id)
            await self.check_erased(before, turn_id)

    async def stop(self) -> None:
        await self.desk.stop(ME, self.id)

    async def settle(self) -> None:
        """Wait until nothing runs."""
        while waiting := await self.stores.conversations.open_turns(ME, self.id):
            for turn_id in waiting:
                await self.rig.engine.wait(ME, turn_id)

    async def paths(self) -> dict[str, list[str]]:
        """What every message follows, the nearest first."""
        tree, _ = await self.rows()
        paths = {}
        for message_id in tree:
            path, place = [], tree[message_id][0]
            while place is not None:
                assert place in tree, "there are no gaps"
                assert place not in path, "there are no circles"
                path.append(place)
                place = tree[place][0]
            paths[message_id] = path
        return paths

    async def check_erased(self, before: dict[str, list[str]], turn_id: str) -> None:
        after = await self.paths()
        for message_id, path in after.items():
            kept = [each for each in before[message_id] if each in after]
            assert [each for each in path if each in before[message_id]] == kept
        _, turns = await self.rows()
        assert turn_id not in {row[0] for row in turns}

    async def check(self) -> None:
        tree, turns = await self.rows()
        assert {message for _, *two in turns for message in two} <= tree.keys()
        alone = [message_id for message_id, row in tree.items() if not row[1]]
        assert len(alone) == self.added
        found: list[Message] = (await self.desk.whole(ME, self.id)).messages
        conversation = await self.desk.find(ME, self.id)
        assert conversation.message_count == len(found)
        assert conversation.head_id is None or conversation.head_id in tree
        paged: list[Message] = []
        after = None
        while not paged or after:
            page = await self.desk.page(ME, self.id, limit=3, after=after)
            paged, after = paged + page.messages, page.after
            if not after:
                break
        assert paged == found
        listed = await self.desk.browse(ME, ListQuery())
        assert (listed.total, len(listed.conversations)) == (1, 1)

    added = 0

    async def go(self) -> None:
        await self.begin()
        steps: list[Callable[[], Awaitable[None]]] = [
            self.say,
            self.say,
            self.regenerate,
            self.edit,
            self.go_on,
            self.add,
            self.erase,
            self.stop,
        ]
        for _ in range(STEPS):
            step = self.random.choice(steps)
            try:
                await step()
                self.added += step == self.add
            except (Conflict, InvalidInput, NotFound):
                pass
            if self.random.random() < 0.5:
                await self.settle()
                await self.paths()
                await self.check()
        await self.settle()
        await self.check()
        [budget] = await self.stores.budgets.list(ME, self.stores.clock.now())
        used = await self.stores.ledger.sums(ME, 0, 2**60, Grouping.CONVERSATION, 10)
        assert budget.reserved == 0
        assert budget.spent == sum(each.prompt_tokens + each.completion_tokens for each in used)


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_walk(stores: Stores, seed: int) -> None:
    await Walk(stores, seed).go()
