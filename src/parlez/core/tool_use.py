"""Calls of tools and their results: a model refuses one without the other."""

from collections.abc import Sequence
from dataclasses import replace

from parlez.core.messages import Role
from parlez.core.ports.chat_model import Prompt


def matched(history: Sequence[Prompt]) -> list[Prompt]:
    """A history without calls that nobody answered, and without results of calls that are not
    there: whoever talks on through another door need not know of them. A last message that is such
    a result is still to be answered, and counts as the user's."""
    result: list[Prompt] = []
    place = 0
    while place < len(history):
        prompt = history[place]
        place += 1
        if prompt.role is Role.TOOL:
            continue
        answers: list[Prompt] = []
        while prompt.tool_calls and place < len(history) and history[place].role is Role.TOOL:
            answers.append(history[place])
            place += 1
        result += _matched_calls(prompt, answers) if prompt.tool_calls else [prompt]
    last = history[-1]
    if last.role is Role.TOOL and (not result or result[-1].role is not Role.TOOL):
        result.append(Prompt(Role.USER, last.content))
    return result


def _matched_calls(prompt: Prompt, answers: Sequence[Prompt]) -> list[Prompt]:
    """A message with those of its calls that have an answer, and the answers."""
    by_call = {answer.tool_call_id: answer for answer in answers}
    calls = tuple(call for call in prompt.tool_calls if call.call_id in by_call)
    if not calls and not prompt.content:
        return []
    return [replace(prompt, tool_calls=calls), *(by_call[call.call_id] for call in calls)]
