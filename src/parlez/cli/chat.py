"""`parlez chat`"""

import shlex
import sys
from typing import TYPE_CHECKING

import click

from parlez.cli import options
from parlez.cli.options import Where
from parlez.cli.output import program, typed

if TYPE_CHECKING:
    from parlez.cli.conversation import Conversation


@click.command()
@click.argument("conversation_id", required=False)
@options.server
def chat(conversation_id: str | None, where: Where) -> None:
    """Talk with a model, in a new conversation or in CONVERSATION_ID.

    Ctrl-C stops an answer, Ctrl-D leaves. Everything said is kept, and the way back to it is shown
    at the end. A server that goes away in the middle of an answer is waited for.
    """
    from parlez.cli.conversation import talk
    from parlez.cli.server_access import reach

    with reach(where) as locate, talk(locate, conversation_id) as conversation:
        conversation.recall()
        click.secho("Ctrl-C stops an answer, Ctrl-D leaves.", dim=True)
        _read_and_say(conversation)
        if conversation.id:
            back = shlex.join([*program(), "chat", conversation.id, *where.arguments()])
            click.secho(f"Go on with: {back}", dim=True)


def _read_and_say(conversation: "Conversation") -> None:
    # Importing it gives `input` an editable line, and a history for as long as the command runs.
    import readline  # noqa: F401

    prompt = _prompt()
    while True:
        try:
            text = typed(input(prompt)).strip()
        except KeyboardInterrupt:
            click.echo()
            continue
        except EOFError:
            click.echo()
            return
        conversation.say(text)


def _prompt() -> str:
    if not sys.stdout.isatty():
        return ""
    if click.get_current_context().color is False:
        return "you> "
    # The marks tell readline which characters take no room.
    return "\001\033[1m\002you>\001\033[0m\002 "
