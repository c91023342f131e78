"""Getting an answer out of a model."""

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace

from parlez.core.citations import Citation
from parlez.core.context import (
    MOST_CHARACTERS_PER_TOKEN,
    Context,
    fit,
    go_on,
    prompt_budget,
    prompt_of,
)
from parlez.core.errors import ContextOverflow, ModelError, ModelTimeout
from parlez.core.events import TextDelta, ToolCalled, Usage
from parlez.core.grounding import Ground, Grounding
from parlez.core.limits import TurnLimits
from parlez.core.messages import Role
from parlez.core.models import Model, ModelCatalog
from parlez.core.ports.chat_model import (
    FREE,
    ChatModel,
    ChatRequest,
    Completion,
    Finished,
    Prompt,
)
from parlez.core.ports.turn_store import Branch, TurnStore
from parlez.core.quoting import quote
from parlez.core.recorder import Recorder
from parlez.core.turns import Turn, TurnKind

logger = logging.getLogger(__name__)

LOOKED_BACK = 8_000
"""Characters of a conversation in which is looked for what a question leans on."""

MOST_REFITS = 4
"""Times that a prompt is made smaller because the model says that it is too long."""


class Answer:
    """What has become of an answer so far; whoever ends the turn reads it, also after an error.

    `model` is the name of the one that answers, or was asked last, `prompt_tokens` a guess at what
    it was sent, and `begun` whether it has said anything. `beginning` is the text that it is to go
    on from.
    """

    def __init__(self, recorder: Recorder | None = None):
        self.recorder = recorder
        self.finished: Finished | None = None
        self.left_out = 0
        self.model: str | None = None
        self.prompt_tokens = 0
        self.begun = False
        self.citations: tuple[Citation, ...] = ()
        self.beginning = ""
        self._text = ""
        self._tool_calls: tuple[ToolCalled, ...] = ()

    @property
    def text(self) -> str:
        return self.recorder.text if self.recorder else self._text

    @property
    def tool_calls(self) -> tuple[ToolCalled, ...]:
        return self.recorder.tool_calls if self.recorder else self._tool_calls

    async def begin_with(self, text: str) -> None:
        """Say first what was said before. It stays said, whatever comes."""
        self.beginning = self._text = text
        if self.recorder:
            await self.recorder.add(TextDelta(text))

    async def say(self, text: str) -> None:
        """Say all of it without a model."""
        self._text = self.beginning + text
        if self.recorder:
            await self.recorder.add(TextDelta(text))
        self.finished = Finished("stop", Usage(0, 0))

    def complete(self, completion: Completion) -> None:
        self._text = self.beginning + completion.text
        self._tool_calls, self.finished = completion.tool_calls, completion.finished


class Answering:
    """Puts a turn to its model: reads the history, fits it, keeps the time limits."""

    def __init__(
        self,
        store: TurnStore,
        catalog: ModelCatalog,
        limits: TurnLimits,
        grounding: Grounding | None = None,
    ):
        self._grounding = grounding
        self._store = store
        self._catalog = catalog
        self._limits = limits

    async def answer(self, turn: Turn, history: list[Prompt] | None, answer: Answer) -> None:
        """Fill `answer`. `history` is read from the store unless it is known already. A model that
        fails before it says anything is replaced by the next of its fallback list. Raises
        `ParlezError`: if all fail, the error of the first."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._limits.whole
        model = self._catalog.resolve(turn.model)
        if turn.kind is TurnKind.CONTINUE and turn.target_id:
            branch = await self._store.path(turn.scope, turn.target_id, 1)
            await answer.begin_with(branch.messages[-1].content)
        ground = await self._ground(turn, history)
        if ground and not ground.passages:
            await answer.say(ground.otherwise)
            return
        first_error: ModelError | None = None
        for name in (model.name, *model.fallback):
            if first_error:
                logger.warning("%s answers for %s: %s", name, model.name, first_error.message)
            candidate = self._catalog.resolve(name)
            answer.model = candidate.name
            try:
                await self._answer_with(candidate, turn, history, ground, answer, deadline)
                break
            except ModelError as error:
                if answer.begun:
                    raise
                first_error = first_error or error
                if not error.retryable or clock() >= deadline:
                    raise first_error from None
        else:
            raise first_error or AssertionError("there is always one model to ask")
        if ground and self._grounding:
            answer.citations = await self._grounding.cite(ground, answer.text)

    async def _ground(self, turn: Turn, history: list[Prompt] | None) -> Ground | None:
        """What the answer is to rest on, None if on nothing in particular."""
        if turn.sources is None or self._grounding is None:
            return None
        if history is None:
            branch = await self._said(turn, LOOKED_BACK)
            history = [prompt_of(message) for message in branch.messages]
        if history[-1].role is not Role.USER:
            # What a tool returned is to be gone on with, not to be looked for.
            return None
        said = [prompt.content for prompt in history if prompt.role is Role.USER]
        # An app's visitors are answered from the documents of its account.
        return await self._grounding.prepare(
            turn.scope.account, turn.sources, said, turn.system_prompt
        )

    async def _said(self, turn: Turn, characters: int) -> Branch:
        """What the model is told, back to where it has as many characters as asked for."""
        if turn.recalls:
            return await self._store.path(turn.scope, turn.user_message_id, characters)
        branch = await self._store.path(turn.scope, turn.user_message_id, 1)
        return Branch(branch.messages, 0)

    async def _answer_with(
        self,
        model: Model,
        turn: Turn,
        history: list[Prompt] | None,
        ground: Ground | None,
        answer: Answer,
        deadline: float,
    ) -> None:
        if (
            ground
            and model.only_quotes
            and turn.form == FREE
            and not answer.beginning
            # Pieces of nothing but pictures cannot be quoted.
            and (quoted := quote(ground.question, ground.passages))
        ):
            await answer.say(quoted)
            return
        earlier = 0
        if history is None:
            characters = model.context_tokens * MOST_CHARACTERS_PER_TOKEN
            branch = await self._said(turn, characters)
            history, earlier = [prompt_of(message) for message in branch.messages], branch.earlier
        budget = prompt_budget(model, turn.options, turn.form)
        for refits_left in reversed(range(MOST_REFITS)):
            asked = _grounded(history, ground, budget) if ground else history
            context = _fit(asked, turn, answer, budget)
            answer.left_out = earlier + context.left_out
            answer.prompt_tokens = context.tokens
            request = ChatRequest(model.vendor_name, context.prompts, turn.options, turn.form)
            try:
                await self._ask(self._catalog.chat_model(model), request, answer, deadline)
                break
            except ContextOverflow as overflow:
                if not refits_left:
                    raise
                budget = _smaller(context.tokens, overflow)

    async def _ask(
        self, chat_model: ChatModel, request: ChatRequest, answer: Answer, deadline: float
    ) -> None:
        if answer.recorder:
            await self._stream(chat_model, request, answer, answer.recorder, deadline)
            return
        try:
            async with asyncio.timeout_at(deadline):
                completion = await chat_model.complete(request)
        except TimeoutError:
            raise self._timeout("did not finish its answer", self._limits.whole) from None
        answer.complete(completion)

    async def _stream(
        self,
        chat_model: ChatModel,
        request: ChatRequest,
        answer: Answer,
        recorder: Recorder,
        deadline: float,
    ) -> None:
        clock = asyncio.get_running_loop().time
        try:
            async with (
                asyncio.timeout_at(min(deadline, clock() + self._limits.first_token)) as patience,
                aclosing(chat_model.stream(request)) as events,
            ):
                async for event in events:
                    answer.begun = True
                    if isinstance(event, Finished):
                        answer.finished = event
                    else:
                        await recorder.add(event)
                    patience.reschedule(min(deadline, clock() + self._limits.between_tokens))
        except TimeoutError:
            if clock() >= deadline:
                raise self._timeout("did not finish its answer", self._limits.whole) from None
            if answer.begun:
                raise self._timeout("fell silent", self._limits.between_tokens) from None
            raise self._timeout("said nothing", self._limits.first_token) from None

    def _timeout(self, what: str, seconds: float) -> ModelTimeout:
        return ModelTimeout(f"The model {what} within {seconds:g} seconds. Try again.")


def _fit(history: list[Prompt], turn: Turn, answer: Answer, budget: int) -> Context:
    if answer.beginning:
        return go_on(history, turn.system_prompt, answer.beginning, budget)
    return fit(history, turn.system_prompt, budget)


def _grounded(history: list[Prompt], ground: Ground, budget: int) -> list[Prompt]:
    """What was said, the last of it with quotes, which have half of the room."""
    *earlier, last = history
    return [*earlier, replace(last, content=ground.put(budget // 2))]


def _smaller(sent: int, overflow: ContextOverflow) -> int:
    """A budget for the next try, in guessed tokens, of which `sent` were too many: corrected by
    what the model counted, and leaving it a quarter of its room for the answer; or else half."""
    if overflow.prompt_tokens and overflow.limit_tokens:
        return int(sent * min(overflow.limit_tokens / overflow.prompt_tokens, 1.0) * 0.75)
    return sent // 2
