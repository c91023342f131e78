"""Fitting a conversation to what its model can read."""

from hypothesis import given
from hypothesis import strategies as st
from tests.support.engine import ME, MODEL, Rig
from tests.support.store import Stores

from parlez.core.context import GAP, fit, prompt_budget, shorten
from parlez.core.errors import ContextOverflow
from parlez.core.messages import Role
from parlez.core.ports.chat_model import ChatRequest, Options, Prompt
from parlez.core.tokens import MESSAGE_TOKENS, estimate_tokens
from parlez.testing.scripted_model import Script

TEXTS = st.text(max_size=300).filter(bool)
BUDGETS = st.integers(min_value=64, max_value=3_000)


def message(text: str, role: Role = Role.USER) -> Prompt:
    return Prompt(role, text)


def conversation(texts: list[str]) -> list[Prompt]:
    """User and assistant by turns, the user last."""
    roles = [Role.USER, Role.ASSISTANT]
    offset = (len(texts) + 1) % 2
    return [message(text, roles[(place + offset) % 2]) for place, text in enumerate(texts)]


@given(st.lists(TEXTS, min_size=1, max_size=40), st.none() | TEXTS, BUDGETS)
def test_what_fits_is_the_end_of_the_conversation(
    texts: list[str], system: str | None, budget: int
) -> None:
    history = conversation(texts)
    context = fit(history, system, budget)
    roles = [prompt.role for prompt in context.prompts]
    assert roles[-1] is Role.USER
    assert (roles[0] is Role.SYSTEM) == (system is not None)
    said = [prompt for prompt in context.prompts if prompt.role is not Role.SYSTEM]
    kept = said[:-1]
    tail = history[-1 - len(kept) : -1]
    assert [(p.role, p.content) for p in kept] == [(m.role, m.content) for m in tail]
    shortened = said[-1].content != texts[-1]
    assert context.left_out == len(texts) - len(said) + shortened
    if kept:
        assert kept[0].role is Role.USER or len(kept) == len(texts) - 1
        spent = sum(estimate_tokens(p.content) + MESSAGE_TOKENS for p in context.prompts)
        assert spent <= budget


@given(TEXTS, st.integers(min_value=-10, max_value=400))
def test_a_shortened_text_keeps_both_ends(text: str, budget: int) -> None:
    short = shorten(text, budget)
    assert estimate_tokens(short) <= max(budget, 16)
    if short != text:
        head, tail = short.split(GAP)[0], short.split(GAP)[-1]
        assert text.startswith(head)
        assert text.endswith(tail)
        assert head
        assert tail


def test_the_answer_has_room() -> None:
    assert prompt_budget(MODEL, Options()) == 4_096 - 1_024
    assert prompt_budget(MODEL, Options(max_tokens=100)) == 3_996
    assert prompt_budget(MODEL, Options(max_tokens=10**9)) == 1_024


async def test_a_conversation_longer_than_the_context_is_answered(stores: Stores) -> None:
    rig = Rig(stores, lambda request: "word " * 300)
    turn = (await rig.say("start " * 300)).turn
    for number in range(20):
        ended = await rig.say(f"{number} " * 300, conversation_id=turn.conversation_id)
    asked = rig.model.requests[-1].messages
    assert asked[-1].content == "19 " * 300
    assert sum(estimate_tokens(prompt.content) for prompt in asked) < 4_096
    assert ended.turn.left_out == 41 - len(asked)
    assert (await rig.engine.find(ME, ended.turn.id)).turn.left_out == ended.turn.left_out


async def test_a_text_longer_than_the_context_is_answered(stores: Stores) -> None:
    rig = Rig(stores, ["Long!"])
    ended = await rig.say("begin " + "x" * 1_000_000 + " end")
    sent = rig.model.requests[0].messages[0].content
    assert sent.startswith("begin")
    assert sent.endswith(" end")
    assert ended.turn.left_out == 1


async def test_a_wrong_guess_is_corrected_by_what_the_model_counts(stores: Stores) -> None:
    def answer(request: ChatRequest) -> Script:
        words = sum(len(prompt.content) for prompt in request.messages)
        if words > 1_000:
            return [ContextOverflow("Too long.", prompt_tokens=words, limit_tokens=1_000)]
        return "It fits now"

    rig = Rig(stores, answer)
    first = await rig.say("short")
    for text in ("a" * 400, "b" * 400, "c" * 900):
        ended = await rig.say(text, conversation_id=first.turn.conversation_id)
        assert ended.text == "It fits now"
    assert ended.turn.left_out > 0


async def test_a_model_that_always_overflows_fails_in_the_end(stores: Stores) -> None:
    rig = Rig(stores, lambda request: [ContextOverflow("Too long.")])
    ended = await rig.say("Hi")
    assert ended.turn.error is not None
    assert ended.turn.error.code == "context_overflow"
    assert len(rig.model.requests) == 4
