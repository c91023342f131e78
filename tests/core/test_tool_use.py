"""Calls of tools and their results, kept together."""

from hypothesis import given
from hypothesis import strategies as st

from parlez.core.context import fit
from parlez.core.events import ToolCalled
from parlez.core.messages import Role
from parlez.core.ports.chat_model import Prompt
from parlez.core.tokens import MESSAGE_TOKENS, estimate_tokens
from parlez.core.tool_use import matched


def call(call_id: str) -> ToolCalled:
    return ToolCalled(call_id, "look", "{}")


def user(text: str = "Well?") -> Prompt:
    return Prompt(Role.USER, text)


def calling(*call_ids: str, text: str = "") -> Prompt:
    return Prompt(Role.ASSISTANT, text, tuple(call(call_id) for call_id in call_ids))


def result(call_id: str, text: str = "so") -> Prompt:
    return Prompt(Role.TOOL, text, tool_call_id=call_id)


def answer(text: str = "I see.") -> Prompt:
    return Prompt(Role.ASSISTANT, text)


STEPS = st.lists(
    st.tuples(st.integers(1, 3), st.text(min_size=1, max_size=400)), min_size=1, max_size=6
)


def exchange(steps: list[tuple[int, str]]) -> list[Prompt]:
    """A question, and calls of tools in steps, with their results."""
    prompts = [user()]
    for place, (count, text) in enumerate(steps):
        ids = [f"{place}.{each}" for each in range(count)]
        prompts += [calling(*ids), *(result(each, text) for each in ids)]
    return prompts


def test_a_history_that_matches_stays_as_it_is() -> None:
    history = [user(), calling("a", "b"), result("a"), result("b"), answer(), user()]
    assert matched(history) == history


def test_a_call_that_nobody_answered_is_left_out() -> None:
    assert matched([user(), calling("a"), user("Never mind")]) == [user(), user("Never mind")]
    kept = [user(), calling("b", text="Let me see."), result("b"), user()]
    assert matched([user(), calling("a", "b", text="Let me see."), result("b"), user()]) == kept
    said = [user(), answer("Let me see."), user()]
    assert matched([user(), calling("a", text="Let me see."), user()]) == said


def test_a_result_of_nothing_is_left_out_unless_it_is_what_was_said_last() -> None:
    assert matched([result("a"), user()]) == [user()]
    assert matched([user(), answer(), result("a", "so")]) == [user(), answer(), user("so")]
    assert matched([user(), calling("a"), result("b", "so")]) == [user(), user("so")]


@given(st.lists(STEPS, max_size=4), STEPS, st.booleans(), st.integers(200, 2_000))
def test_whatever_fits_calls_have_their_results(
    earlier: list[list[tuple[int, str]]],
    last: list[tuple[int, str]],
    asked_again: bool,
    budget: int,
) -> None:
    history = [prompt for steps in earlier for prompt in [*exchange(steps), answer()]]
    history += [*exchange(last), *([answer(), user("And?")] if asked_again else [])]
    context = fit(history, None, budget)
    assert context.prompts == matched(context.prompts)
    assert context.prompts[-1].role is history[-1].role
    assert context.prompts[-1].tool_call_id == history[-1].tool_call_id
    assert context.left_out >= len(history) - len(context.prompts)
    assert context.tokens <= budget
    places = iter(history)
    assert all(any(_same(kept, each) for each in places) for kept in context.prompts), (
        "what was kept is in order"
    )


def _same(kept: Prompt, said: Prompt) -> bool:
    return (kept.role, kept.tool_calls, kept.tool_call_id) == (
        said.role,
        said.tool_calls,
        said.tool_call_id,
    )


def test_long_results_are_shortened_and_short_ones_are_not() -> None:
    history = [user(), calling("a", "b"), result("a", "short"), result("b", "long " * 1_000)]
    context = fit(history, None, 400)
    assert [prompt.role for prompt in context.prompts] == [prompt.role for prompt in history]
    assert context.prompts[2] == history[2]
    assert 300 < estimate_tokens(context.prompts[3].content) < 400 - MESSAGE_TOKENS
    assert context.left_out == 1


def test_earlier_steps_leave_before_the_question() -> None:
    history = exchange([(1, "x" * 350)] * 10)
    context = fit(history, None, 400)
    assert context.prompts[0] == user()
    assert context.prompts[1:] == history[-len(context.prompts) + 1 :]
    assert context.left_out == len(history) - len(context.prompts) > 0
