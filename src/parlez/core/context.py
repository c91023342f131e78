"""Fitting a conversation to what its model can read."""

from collections.abc import Sequence
from dataclasses import dataclass

from parlez.core.messages import Message, Role
from parlez.core.models import Model
from parlez.core.ports.chat_model import Options, Prompt
from parlez.core.tokens import MESSAGE_TOKENS, estimate_tokens

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


def prompt_budget(model: Model, options: Options) -> int:
    """Tokens for the prompt, once there is room for the answer. A caller who wants a longer answer
    than the model's context still leaves it a quarter for the question."""
    answer = options.max_tokens or min(model.output_tokens, model.context_tokens // 4)
    return max(model.context_tokens - answer, model.context_tokens // 4)


def fit(history: Sequence[Message], system_prompt: str | None, budget: int) -> Context:
    """The system prompt, and as many of the newest exchanges as the budget (in tokens) holds.

    Exchanges leave whole, oldest first. The last message, which is the one to be answered, always
    stays: if it is too long by itself, its middle is cut out.
    """
    *earlier, last = history
    left_out = 0
    prompts: list[Prompt] = []
    if system_prompt:
        kept = shorten(system_prompt, budget // 2)
        budget -= _cost(kept)
        prompts.append(Prompt(Role.SYSTEM, kept))
    question = shorten(last.content, budget - MESSAGE_TOKENS)
    left_out += question != last.content
    budget -= _cost(question)
    recent: list[Message] = []
    for exchange in reversed(_exchanges(earlier)):
        budget -= sum(_cost(message.content) for message in exchange)
        if budget < 0:
            break
        recent = exchange + recent
    left_out += len(earlier) - len(recent)
    prompts += [Prompt(message.role, message.content) for message in recent]
    prompts.append(Prompt(last.role, question))
    return Context(prompts, left_out, sum(_cost(prompt.content) for prompt in prompts))


def go_on(
    history: Sequence[Message], system_prompt: str | None, beginning: str, budget: int
) -> Context:
    """As `fit`, for an answer that has begun and is to be gone on with. At least the end of what
    was said stays."""
    tail = beginning[-_fitting_characters(beginning, budget // 3) :]
    added = [Prompt(Role.ASSISTANT, tail), Prompt(Role.USER, GO_ON)]
    cost = sum(_cost(prompt.content) for prompt in added)
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


def _exchanges(messages: Sequence[Message]) -> list[list[Message]]:
    """Each user message with what follows it."""
    result: list[list[Message]] = []
    for message in messages:
        if message.role is Role.USER or not result:
            result.append([])
        result[-1].append(message)
    return result


def _cost(text: str) -> int:
    return estimate_tokens(text) + MESSAGE_TOKENS
