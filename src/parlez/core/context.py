"""Fitting a conversation to what its model can read."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from parlez.core.messages import Message, Role
from parlez.core.models import Model
from parlez.core.ports.chat_model import FREE, AnswerForm, Options, Prompt
from parlez.core.tokens import estimate_messages, estimate_tokens
from parlez.core.tool_use import matched

MOST_CHARACTERS_PER_TOKEN = 8
"""More history than this times the context cannot fit, so it is not even read."""

GAP = "\n[…]\n"
"""Stands for what was cut out of a text that is too long by itself."""


GO_ON = (
    "Your answer broke off. Go on exactly where it ends, with the next character. Repeat nothing, "
    "and say nothing about this request."
)
"""Asks a model for the rest of an answer."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a model is sent. `left_out` counts the messages that did not fit; a message that was
    shortened counts too. `tokens` is what the prompts are guessed to cost."""

    prompts: list[Prompt]
    left_out: int
    tokens: int


def prompt_of(message: Message) -> Prompt:
    """A stored message as a model reads it."""
    return Prompt(message.role, message.content, message.tool_calls, message.tool_call_id)


def texts_of(prompt: Prompt) -> list[str]:
    """All that costs tokens in a message."""
    return [prompt.content, *(call.name + call.arguments for call in prompt.tool_calls)]


def text_of_form(form: AnswerForm) -> str:
    """All that costs tokens in what is asked of an answer's form."""
    return "" if form == FREE else json.dumps(asdict(form))


def prompt_budget(model: Model, options: Options, form: AnswerForm = FREE) -> int:
    """Tokens for the prompt, once there is room for the answer and the tools. A caller who wants a
    longer answer than the model's context still leaves it a quarter for the question."""
    answer = options.max_tokens or model.unbounded_answer_tokens
    asked = text_of_form(form)
    room = model.context_tokens - answer - (estimate_tokens(asked) if asked else 0)
    return max(room, model.context_tokens // 4)


def fit(history: Sequence[Prompt], system_prompt: str | None, budget: int) -> Context:
    """The system prompt, and as much of the newest history as the budget (in tokens) holds.

    Exchanges leave whole, oldest first. What is to be answered always stays: the last message, or
    the last calls of tools with their results. If that is too long by itself, the middle of its
    texts is cut out, so that a short message that led to them stays too. Earlier calls of the same
    exchange leave before that message, and each with its results.
    """
    prompts: list[Prompt] = []
    if system_prompt:
        kept = shorten(system_prompt, budget // 2)
        prompts.append(Prompt(Role.SYSTEM, kept))
        budget -= _cost(prompts)
    *earlier, last = _exchanges(matched(history))
    *begun, asked = last
    led = _cost(_joined(begun[:1]))
    question = _shortened(asked, budget - (led if led <= budget // 4 else 0))
    budget -= _cost(question)
    beginning = _newest(begun[:1], budget)
    budget -= _cost(beginning)
    steps = _newest(begun[1:], budget)
    budget -= _cost(steps)
    recent = [*beginning, *steps, *question]
    if len(recent) == sum(len(unit) for unit in last):
        recent = _newest([_joined(exchange) for exchange in earlier], budget) + recent
    shortened = sum(new != old for new, old in zip(question, asked, strict=True))
    prompts += recent
    return Context(prompts, len(history) - len(recent) + shortened, _cost(prompts))


def go_on(
    history: Sequence[Prompt], system_prompt: str | None, beginning: str, budget: int
) -> Context:
    """As `fit`, for an answer that has begun and is to be gone on with. At least the end of what
    was said stays."""
    tail = beginning[-_fitting_characters(beginning, budget // 3) :]
    added = [Prompt(Role.ASSISTANT, tail), Prompt(Role.USER, GO_ON)]
    cost = _cost(added)
    context = fit(history, system_prompt, max(budget - cost, budget // 3))
    return Context([*context.prompts, *added], context.left_out, context.tokens + cost)


def shorten(text: str, budget: int) -> str:
    """A text of at most so many tokens, cut out of the middle if it must be: what matters most
    tends to stand at the beginning or the end."""
    while (tokens := estimate_tokens(text)) > max(budget, 16):
        keep = max(min(len(text) * max(budget, 16) // tokens, len(text) - len(GAP) - 1) // 2, 1)
        text = f"{text[:keep]}{GAP}{text[-keep:]}"
    return text


def _fitting_characters(text: str, budget: int) -> int:
    """About as many characters of a text as cost so many tokens."""
    tokens = estimate_tokens(text)
    return len(text) if tokens <= budget else max(len(text) * budget // tokens, 1)


_Unit = list[Prompt]
"""What stays or leaves together: one message, or calls of tools with their results."""


def _exchanges(prompts: Sequence[Prompt]) -> list[list[_Unit]]:
    """Each user message with what follows it."""
    result: list[list[_Unit]] = []
    for prompt in prompts:
        if prompt.role is Role.TOOL:
            result[-1][-1].append(prompt)
            continue
        if prompt.role is Role.USER or not result:
            result.append([])
        result[-1].append([prompt])
    return result


def _newest(units: Sequence[_Unit], budget: int) -> list[Prompt]:
    """The newest units that fit, in order."""
    first = len(units)
    while first > 0 and _cost(units[first - 1]) <= budget:
        first -= 1
        budget -= _cost(units[first])
    return _joined(units[first:])


def _joined(units: Sequence[_Unit]) -> list[Prompt]:
    return [prompt for unit in units for prompt in unit]


def _shortened(unit: _Unit, budget: int) -> _Unit:
    """A unit of at most so many tokens, as far as its texts can be shortened for it. What the
    shorter ones do not need is left to the longer ones."""
    if _cost(unit) <= budget:
        return unit
    result = list(unit)
    room = budget - sum(_cost([replace(prompt, content="")]) for prompt in unit)
    shortest_first = sorted(range(len(unit)), key=lambda place: len(unit[place].content))
    for done, place in enumerate(shortest_first):
        text = shorten(unit[place].content, room // (len(unit) - done))
        room -= estimate_tokens(text)
        result[place] = replace(unit[place], content=text)
    return result


def _cost(prompts: Sequence[Prompt]) -> int:
    return estimate_messages(text for prompt in prompts for text in texts_of(prompt))
