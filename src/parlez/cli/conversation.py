"""A conversation held at a terminal."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import click

from parlez.cli.answer import Answer, Ending, Question
from parlez.cli.client import Client
from parlez.cli.output import plain
from parlez.cli.server_access import Locate
from parlez.core.errors import ParlezError

_RECALLED = 6
_TRIES = 3
_AGAIN = "Press Enter to try again."


@contextmanager
def talk(locate: Locate, conversation_id: str | None) -> Iterator["Conversation"]:
    """A conversation with a server, for as long as the block takes."""
    with asyncio.Runner() as runner:
        connecting = Client.open(locate)
        client = runner.run(connecting.__aenter__())
        try:
            yield Conversation(runner, client, conversation_id)
        finally:
            runner.run(connecting.__aexit__(None, None, None))


class Conversation:
    """What is said goes to the server, what it answers to the terminal. `id` is None until the
    first message has arrived."""

    def __init__(self, runner: asyncio.Runner, client: Client, conversation_id: str | None):
        self._runner = runner
        self._client = client
        self._unanswered: Question | None = None
        self.id = conversation_id

    def recall(self) -> None:
        """Show the last messages of a conversation that has some."""
        if self.id is None:
            return
        path = f"/conversations/{self.id}?limit={_RECALLED}"
        history = self._runner.run(self._client.call("GET", path))
        for message in history["messages"]:
            name = "you> " if message["role"] == "user" else ""
            click.secho(f"{name}{plain(message['content'])}", dim=True)

    def say(self, text: str) -> None:
        """Send a message and write the answer. An empty text sends again what got no answer."""
        question = Question(text, self.id) if text else self._unanswered
        if question is None:
            return
        self._unanswered = question
        for tries in range(_TRIES):
            if tries:
                _note("The server was started again in the middle of it. Once more:")
            ending = self._answer(question)
            if ending is None or ending.state != "interrupted":
                return
        _note(f"The answer was interrupted. {_AGAIN}")

    def _answer(self, question: Question) -> Ending | None:
        """One answer, None if it could not be had or its end was not waited for."""
        answer = Answer(self._client, question)
        try:
            ending = self._runner.run(answer.follow(_write))
        except KeyboardInterrupt:
            self._stop(answer)
            return None
        except ParlezError as error:
            _note(f"{error.message} {_AGAIN}")
            return None
        finally:
            self.id = answer.conversation_id
        click.echo()
        if ending.error:
            _note(f"{ending.error} {_AGAIN}")
        elif ending.state != "interrupted":
            self._unanswered = None
        return ending

    def _stop(self, answer: Answer) -> None:
        self._unanswered = None
        try:
            self._runner.run(answer.stop())
        except ParlezError as error:
            _note(f"It may still be answering. {error.message}")
        else:
            _note("stopped")


def _write(text: str) -> None:
    click.echo(plain(text), nl=False)


def _note(text: str) -> None:
    """Say something that is neither the user's nor the model's, on a line of its own."""
    click.echo()
    click.secho(f"[{text}]", fg="yellow")
