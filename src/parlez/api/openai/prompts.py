"""What was said, in the words of the domain, whichever of the two APIs it came through."""

from collections.abc import Collection, Sequence

from parlez.api.openai.fields import Part
from parlez.api.openai.refusals import unsupported
from parlez.core.errors import InvalidInput
from parlez.core.messages import Role
from parlez.core.ports.chat_model import Prompt

_TEXTS = frozenset({"text", "input_text", "output_text", "summary_text", "refusal"})


def text_of(content: str | Sequence[Part] | None, param: str) -> str:
    """The text of a message. Raises `InvalidInput` for parts of another kind."""
    if content is None or isinstance(content, str):
        return content or ""
    for place, part in enumerate(content):
        if part.type not in _TEXTS:
            raise unsupported(
                f"{param}[{place}]",
                f"{param}[{place}] is of a type that is not supported. Send text.",
            )
    return "".join(part.text or part.refusal or "" for part in content)


def joined(texts: Sequence[str]) -> str | None:
    """The system's words, as one prompt."""
    return "\n\n".join(text for text in texts if text.strip()) or None


def without_empty(prompts: Sequence[Prompt], param: str) -> list[Prompt]:
    """What can be stored. Raises `InvalidInput` if there is nothing to answer."""
    said = [
        prompt
        for prompt in prompts
        if prompt.content.strip() or prompt.tool_calls or prompt.role is Role.TOOL
    ]
    if not prompts or not said or said[-1] is not prompts[-1]:
        raise InvalidInput(f"{param} must end with a message that is not empty.", param=param)
    return said


def check_calls(
    prompts: Sequence[Prompt], param: str, awaited: Collection[str] | None = ()
) -> None:
    """Raises `InvalidInput` unless the calls of tools are followed by their results, and nothing
    else is called one. `awaited` are the calls that were made before these prompts, None where
    that is not known."""
    missing = None if awaited is None else set(awaited)
    for place, prompt in enumerate(prompts):
        if prompt.role is Role.TOOL:
            if missing is None:
                continue
            if prompt.tool_call_id not in missing:
                raise InvalidInput(
                    f"{param}[{place}] is the result of a tool that was not called just before.",
                    param=f"{param}[{place}]",
                )
            missing.discard(prompt.tool_call_id)
            continue
        if missing:
            raise _unanswered(param)
        missing = {call.call_id for call in prompt.tool_calls}
    if missing:
        raise _unanswered(param)


def _unanswered(param: str) -> InvalidInput:
    return InvalidInput(
        f"{param}: every call of a tool must be followed by its result.", param=param
    )
