"""What the stores of conversations, templates and feedback do, over each kind of database."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from tests.contract.test_races import at_once
from tests.contract.test_turn_store import COMPLETED, NOBODY, begin
from tests.support.engine import ME, SOMEBODY_ELSE
from tests.support.store import Stores

from parlez.core.conversation_list import ConversationPage, ListQuery
from parlez.core.conversations import Conversation, Profile
from parlez.core.errors import Conflict, IdempotencyMismatch, InvalidInput, NotFound
from parlez.core.feedback import Feedback, FeedbackType
from parlez.core.ids import new_id
from parlez.core.messages import Role
from parlez.core.ports.chat_model import Prompt
from parlez.core.templates import Template, Variable
from parlez.core.turns import IdempotencyKey, Turn, TurnRequest

KEY = IdempotencyKey("route", "k", "print")
FULL = Profile(
    "title",
    "description",
    "model",
    "system",
    "template",
    metadata={"a": [1, None, "é\U0001f600"], "b": {}},
)


async def make(stores: Stores, user: str | None = None, **fields: Any) -> Conversation:
    stores.clock.time += 1
    return await stores.conversations.create(ME, user, Profile(**fields), None)


async def listed(stores: Stores, **query: Any) -> list[str]:
    return ids(await stores.conversations.browse(ME, ListQuery(**query)))


def ids(page: ConversationPage) -> list[str]:
    return [conversation.id for conversation in page.conversations]


async def counted(stores: Stores) -> dict[tuple[str | None, bool], int]:
    """How many there are with each user and with all, as listed and as counted."""
    found = {}
    for who in (None, "a", "b", "all"):
        for archived in (False, True):
            query = ListQuery(
                user_label=None if who == "all" else who,
                all_users=who == "all",
                archived=archived,
                limit=1_000,
            )
            page = await stores.conversations.browse(ME, query)
            assert page.total == len(page.conversations)
            found[who, archived] = page.total
    return found


async def test_a_conversation_is_kept_as_it_was_made(stores: Stores) -> None:
    made = await stores.conversations.create(ME, "user", FULL, None)
    assert await stores.conversations.find(ME, made.id, "user") == made
    assert (made.profile, made.user_label, made.message_count) == (FULL, "user", 0)
    for scope, user in ((SOMEBODY_ELSE, None), (ME, "other")):
        with pytest.raises(NotFound):
            await stores.conversations.find(scope, made.id, user)
    [in_list] = (await stores.conversations.browse(ME, ListQuery("user"))).conversations
    assert in_list == replace(made, profile=replace(FULL, system_prompt=None))


async def test_a_conversation_is_made_once_for_a_key(stores: Stores) -> None:
    made = await asyncio.gather(
        *(stores.conversations.create(ME, None, FULL, KEY) for _ in range(5))
    )
    assert len({each.id for each in made}) == 1
    assert (await counted(stores))[None, False] == 1
    with pytest.raises(IdempotencyMismatch):
        await stores.conversations.create(ME, None, FULL, replace(KEY, fingerprint="other"))


async def test_only_what_is_sent_is_changed(stores: Stores) -> None:
    made = await stores.conversations.create(ME, "user", FULL, None)
    stores.clock.time += 5
    changed = await stores.conversations.change(
        ME, made.id, "user", {"title": "new", "metadata": {}}
    )
    assert changed.profile == replace(FULL, title="new", metadata={})
    assert changed == await stores.conversations.find(ME, made.id, None)
    assert changed.updated_at == made.updated_at + 5
    for scope, user in ((SOMEBODY_ELSE, None), (ME, "other")):
        with pytest.raises(NotFound):
            await stores.conversations.change(scope, made.id, user, {"title": "x"})
        with pytest.raises(NotFound):
            await stores.conversations.archive(scope, made.id, user, True)


async def test_lists_are_of_one_user_or_of_all(stores: Stores) -> None:
    made = [await make(stores, user) for user in (None, "a", "b", "a", None)]
    newest_first = [each.id for each in reversed(made)]
    assert await listed(stores, all_users=True) == newest_first
    assert await listed(stores) == [made[4].id, made[0].id]
    assert await listed(stores, user_label="a") == [made[3].id, made[1].id]
    assert await listed(stores, user_label="nobody") == []
    stores.clock.time += 1
    await stores.conversations.change(ME, made[0].id, None, {"title": "x"})
    assert await listed(stores) == [made[0].id, made[4].id], "the last changed comes first"
    empty = await stores.conversations.browse(SOMEBODY_ELSE, ListQuery(all_users=True))
    assert (empty.conversations, empty.total, empty.next) == ([], 0, None)


@pytest.mark.parametrize("fields", [{"all_users": True}, {"user_label": "a"}, {}])
async def test_lists_are_read_page_by_page(stores: Stores, fields: dict[str, Any]) -> None:
    user = fields.get("user_label")
    made = [await make(stores, user) for _ in range(3)]
    # At one moment.
    made += [await stores.conversations.create(ME, user, Profile(), None) for _ in range(4)]
    whole = await listed(stores, limit=7, **fields)
    assert sorted(whole) == sorted(each.id for each in made)
    read: list[str] = []
    after = None
    while True:
        page = await stores.conversations.browse(ME, ListQuery(limit=2, after=after, **fields))
        read += ids(page)
        after = page.next
        assert page.total == 7
        if after is None:
            break
    assert read == whole
    assert await listed(stores, limit=2, offset=3, **fields) == whole[3:5]
    assert await listed(stores, limit=2, offset=7, **fields) == []


async def test_what_is_archived_is_out_of_the_way(stores: Stores) -> None:
    made = [await make(stores, user) for user in (None, "a", "b", "a")]
    for _ in range(2):
        archived = await stores.conversations.archive(ME, made[1].id, None, True)
        assert archived.archived_at == stores.clock.time
        assert await listed(stores, user_label="a") == [made[3].id]
        assert await listed(stores, user_label="a", archived=True) == [made[1].id]
        assert await listed(stores, all_users=True, archived=True) == [made[1].id]
        assert await counted(stores) == {
            **{(who, False): 1 for who in (None, "a", "b")},
            (None, True): 0,
            ("a", True): 1,
            ("b", True): 0,
            ("all", False): 3,
            ("all", True): 1,
        }
    for _ in range(2):
        restored = await stores.conversations.archive(ME, made[1].id, "a", False)
        assert restored.archived_at is None
        assert (await counted(stores))["a", False] == 2
    await stores.conversations.archive(ME, made[2].id, None, True)
    for each in made[1:]:
        await stores.conversations.delete(ME, each.id)
    assert (await counted(stores))["all", False] == 1
    assert (await counted(stores))["all", True] == 0


async def test_counts_are_right_whatever_happens_at_once(stores: Stores) -> None:
    made = [await make(stores, user) for user in ("a", "b", None) for _ in range(4)]
    calls: list[Any] = [begin(stores) for _ in range(6)]
    calls += [stores.conversations.archive(ME, each.id, None, True) for each in made[::2]]
    calls += [stores.conversations.archive(ME, each.id, None, False) for each in made[::2]]
    calls += [stores.conversations.delete(ME, each.id) for each in made[::3]]
    calls += [stores.conversations.create(ME, "a", Profile(), None) for _ in range(5)]
    results = await at_once(*calls)
    unexpected = [each for each in results if isinstance(each, Exception)]
    assert {type(each) for each in unexpected} <= {NotFound}
    found = await counted(stores)
    assert found["all", False] + found["all", True] == 12 - 4 + 6 + 5


async def add(
    stores: Stores, conversation_id: str, content: str, role: Role = Role.USER, **more: Any
) -> str:
    said = Prompt(role, content)
    user, key = more.get("user"), more.get("key")
    return (await stores.conversations.add(ME, conversation_id, user, said, key)).id


async def test_messages_are_added_at_the_tip(stores: Stores) -> None:
    made = await make(stores)
    await add(stores, made.id, "one")
    await add(stores, made.id, "two", Role.ASSISTANT)
    turn = await begin(stores, "three", made.id)
    with pytest.raises(Conflict):
        await add(stores, made.id, "four")
    await stores.turns.end(turn, COMPLETED)
    first = await add(stores, made.id, "four", key=KEY)
    assert await add(stores, made.id, "four", key=KEY) == first
    history = await stores.conversations.history(ME, made.id, 10, None)
    assert [each.content for each in history.messages] == ["one", "two", "three", "answer", "four"]
    assert history.conversation.message_count == 5
    branch = await stores.turns.path(ME, turn.user_message_id, 1_000)
    assert [each.content for each in branch.messages] == ["one", "two", "three"]
    for conversation_id, user in ((new_id(), None), (made.id, "other")):
        with pytest.raises(NotFound):
            await add(stores, conversation_id, "x", user=user)
    with pytest.raises(NotFound):
        await stores.conversations.add(SOMEBODY_ELSE, made.id, None, Prompt(Role.USER, "x"), None)


async def test_messages_are_read_from_the_oldest(stores: Stores) -> None:
    made = await make(stores)
    assert (await stores.conversations.page(ME, made.id, None, 5, 0, None)).messages == []
    for number in range(7):
        await add(stores, made.id, str(number))
    turn = await begin(stores, "7", made.id)

    async def read(limit: int, offset: int = 0, after: str | None = None) -> tuple[str, int, Any]:
        page = await stores.conversations.page(ME, made.id, None, limit, offset, after)
        return "".join(each.content for each in page.messages), page.offset, page.after

    for offset in range(10):
        content, at, _ = await read(3, offset)
        assert (content, at) == ("01234567"[offset : offset + 3], offset)
    seen, after = "", None
    while True:
        content, at, after = await read(3, after=after)
        assert at == len(seen)
        seen += content
        if after is None:
            break
    assert seen == "01234567", "an answer that is being made is not there yet"
    for scope, user, after in (
        (SOMEBODY_ELSE, None, None),
        (ME, "other", None),
        (ME, None, new_id()),
        (ME, None, turn.answer_id),
    ):
        with pytest.raises(NotFound):
            await stores.conversations.page(scope, made.id, user, 5, 0, after)


async def test_a_turn_is_with_the_user_of_its_conversation(stores: Stores) -> None:
    made = await make(stores, "a")
    for user in (None, "a"):
        request = TurnRequest("Hi", made.id, user_label=user)
        started = await stores.turns.start(ME, request, "model", None, NOBODY)
        await stores.turns.end(started.turn, COMPLETED)
    with pytest.raises(NotFound):
        await stores.turns.start(
            ME, TurnRequest("Hi", made.id, user_label="b"), "model", None, NOBODY
        )
    found = await stores.conversations.find(ME, made.id, None)
    assert (found.message_count, found.profile.title) == (4, "Hi")


TEMPLATE = Template(
    "name", "id", "Name", "what", "{{a}} {{b}}", (Variable("a"), Variable("b", "")), "so"
)


async def test_templates_are_kept_replaced_and_deleted(stores: Stores) -> None:
    await stores.templates.create(ME, TEMPLATE, 2)
    assert await stores.templates.find(ME, "name") == TEMPLATE
    assert await stores.templates.find(SOMEBODY_ELSE, "name") is None
    with pytest.raises(Conflict):
        await stores.templates.create(ME, replace(TEMPLATE, id="other"), 2)
    await stores.templates.create(SOMEBODY_ELSE, replace(TEMPLATE, id="theirs"), 2)
    await stores.templates.create(ME, replace(TEMPLATE, name="a"), 2)
    with pytest.raises(Conflict):
        await stores.templates.create(ME, replace(TEMPLATE, name="b"), 2)
    found = await stores.templates.all(ME)
    assert found == [replace(TEMPLATE, name=name, system_prompt="") for name in ("a", "name")]
    new = Template("name", "new", "New", "", "x", (), "")
    assert await stores.templates.replace(ME, new)
    assert await stores.templates.find(ME, "name") == replace(new, id="id")
    assert (await stores.templates.all(SOMEBODY_ELSE))[0].id == "theirs"
    assert not await stores.templates.replace(ME, replace(new, name="none"))
    assert await stores.templates.delete(ME, "name")
    assert not await stores.templates.delete(ME, "name")
    assert await stores.templates.find(SOMEBODY_ELSE, "name") is not None


def about(turn: Turn, kind: FeedbackType, value: int | None = None, **fields: Any) -> Feedback:
    told = Feedback(turn.conversation_id, turn.answer_id, None, kind, value)
    return replace(told, **fields)


async def test_feedback_is_kept_and_counted(stores: Stores) -> None:
    turn = await begin(stores)
    await stores.turns.end(turn, COMPLETED)
    second = await begin(stores, "more", turn.conversation_id)
    await stores.turns.end(second, COMPLETED)
    give, kinds = stores.feedback.give, FeedbackType
    first = await give(ME, about(turn, kinds.THUMBS_UP, 1), None)
    stores.clock.time += 1
    assert await give(ME, about(turn, kinds.THUMBS_UP, 0, comment="so"), None) == first
    for feedback in (
        about(turn, kinds.RATING, 5, user_label="a"),
        about(turn, kinds.RATING, 3, user_label="b"),
        about(second, kinds.RATING, 2),
        about(second, kinds.REPORT),
    ):
        stores.clock.time += 1
        await give(ME, feedback, None)
    found = await stores.feedback.analyse(ME, turn.conversation_id, None, 2)
    assert (found.total_messages, found.messages_with_feedback, found.total_feedback) == (4, 2, 5)
    assert (found.positive, found.negative, found.average_rating) == (2, 2, 3.33)
    assert [each.type for each in found.details] == [kinds.REPORT, kinds.RATING]
    whole = await stores.feedback.analyse(ME, turn.conversation_id, None, 100)
    assert (whole.details[-1].value, whole.details[-1].comment) == (0, "so")
    await stores.conversations.delete(ME, turn.conversation_id)
    left = text("SELECT count(*) FROM feedback")
    assert await stores.database.read(lambda c: c.one(left)) == (0,)


async def test_feedback_that_is_sent_again_is_given_once(stores: Stores) -> None:
    turn = await begin(stores)
    up, down = (about(turn, kind) for kind in (FeedbackType.THUMBS_UP, FeedbackType.THUMBS_DOWN))
    first = await stores.feedback.give(ME, up, KEY)
    later = replace(KEY, key="later")
    assert await stores.feedback.give(ME, replace(up, comment="new"), later) == first
    for key in (KEY, later):
        assert await stores.feedback.give(ME, up, key) == first
    [detail] = (await stores.feedback.analyse(ME, turn.conversation_id, None, 5)).details
    assert detail.comment == "new", "what is repeated late does not undo what came after"
    await stores.feedback.give(ME, down, replace(KEY, key="down"))
    found = await stores.feedback.analyse(ME, turn.conversation_id, None, 5)
    assert (found.positive, found.negative) == (1, 1)


async def test_feedback_is_on_ones_own_answers(stores: Stores) -> None:
    turn, other = await begin(stores), await begin(stores)
    kind = FeedbackType.THUMBS_UP
    for scope, feedback in (
        (SOMEBODY_ELSE, about(turn, kind)),
        (ME, about(turn, kind, message_id=other.answer_id)),
        (ME, about(turn, kind, conversation_id=new_id())),
    ):
        with pytest.raises(NotFound):
            await stores.feedback.give(scope, feedback, KEY)
    with pytest.raises(InvalidInput):
        await stores.feedback.give(ME, about(turn, kind, message_id=turn.user_message_id), KEY)
    for scope, user in ((SOMEBODY_ELSE, None), (ME, "other")):
        with pytest.raises(NotFound):
            await stores.feedback.analyse(scope, turn.conversation_id, user, 5)
    found = await stores.feedback.analyse(ME, turn.conversation_id, None, 5)
    assert (found.total_feedback, found.average_rating, found.details) == (0, None, [])
