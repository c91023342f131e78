"""`parlez ask`"""

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from parlez.cli import options
from parlez.cli.options import Where
from parlez.cli.output import plain, print_json, typed

if TYPE_CHECKING:
    from parlez.cli.answer import Answer, Ending
    from parlez.cli.server_access import Locate


@click.command()
@click.argument("text")
@options.as_json
@options.server
@click.pass_context
def ask(ctx: click.Context, text: str, as_json: bool, where: Where) -> None:
    """Ask one question and print the answer as it comes.

    TEXT is the question, or - to read it from standard input. With --json the whole turn is printed
    when it has ended. The exit code is 1 if there is no whole answer.
    """
    from parlez.cli.server_access import reach

    question = typed(sys.stdin.read() if text == "-" else text)
    with reach(where) as locate:
        ending = asyncio.run(_ask(locate, question, as_json))
    if ending.error:
        raise click.ClickException(ending.error)
    if ending.state != "completed":
        raise click.ClickException(f"The answer is not whole: it was {ending.state}.")


async def _ask(locate: "Locate", text: str, as_json: bool) -> "Ending":
    from parlez.cli.answer import Answer, Question
    from parlez.cli.client import Client

    async with Client.open(locate) as client:
        answer = Answer(client, Question(text))
        ending = await _follow(answer, quiet=as_json)
        if as_json:
            print_json(await client.call("GET", f"/turns/{answer.turn_id}"))
        return ending


async def _follow(answer: "Answer", *, quiet: bool) -> "Ending":
    is_terminal = sys.stdout.isatty()
    ends_line = True

    def write(text: str) -> None:
        nonlocal ends_line
        if text and not quiet:
            click.echo(plain(text) if is_terminal else text, nl=False)
            ends_line = text.endswith("\n")

    try:
        return await answer.follow(write)
    except asyncio.CancelledError:
        # Ctrl-C: nobody is to pay for the rest.
        await answer.stop()
        raise
    finally:
        if not ends_line:
            click.echo()
