"""`parlez assistants`"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from parlez.cli import options
from parlez.cli.options import Where
from parlez.cli.output import plain, print_json, print_table, typed

if TYPE_CHECKING:
    from parlez.cli.assistant_calls import Assistants

T = TypeVar("T")

_INSTRUCTIONS = "Answer politely and briefly."
_QUOTED = 160

_files = click.argument(
    "files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
_name = click.argument("name")


@click.group()
def assistants() -> None:
    """Make assistants that answer from files, and ask them."""


@assistants.command()
@_name
@_files
@click.option("--instructions", default=_INSTRUCTIONS, show_default=True, help="What it is told.")
@click.option("--company", default="", help="Whose assistant it is.")
@options.as_json
@options.server
def create(
    name: str, files: Sequence[Path], instructions: str, company: str, as_json: bool, where: Where
) -> None:
    """Make an assistant called NAME that answers from FILES, and wait until they are read.

    The exit code is 1 if one of them cannot be.
    """
    fields = {"name": name, "company_name": company, "instructions": instructions}
    _print_read(_run(where, lambda at: at.create(_typed(fields), files)), as_json)


@assistants.command()
@_name
@_files
@click.option("--new-name", help="What it is called from now on.")
@click.option("--instructions", help="What it is told.")
@click.option("--company", help="Whose assistant it is.")
@click.option("--replace-files", is_flag=True, help="Let it have FILES alone.")
@options.as_json
@options.server
def change(
    name: str,
    files: Sequence[Path],
    new_name: str | None,
    instructions: str | None,
    company: str | None,
    replace_files: bool,
    as_json: bool,
    where: Where,
) -> None:
    """Change the assistant called NAME, and give it FILES besides those that it has."""
    wanted = {"new_name": new_name, "company_name": company, "instructions": instructions}
    fields = {name: value for name, value in wanted.items() if value is not None}
    if replace_files:
        fields["replace_files"] = "true"
    _print_read(_run(where, lambda at: at.change(name, _typed(fields), files)), as_json)


@assistants.command(name="list")
@options.as_json
@options.server
def list_assistants(as_json: bool, where: Where) -> None:
    """List the assistants there are."""
    found = _run(where, lambda at: at.all())
    if as_json:
        print_json(found)
    elif not found:
        click.echo("There are none yet. `parlez assistants create NAME` makes one.", err=True)
    else:
        print_table(("ID", "NAME", "COMPANY", "FILES"), [_row(each) for each in found])


@assistants.command()
@_name
@options.as_json
@options.server
def show(name: str, as_json: bool, where: Where) -> None:
    """Show what the assistant called NAME is told, and how its files are."""
    found = _run(where, lambda at: at.find(name))
    if as_json:
        print_json(found)
        return
    whose = f" of {plain(found['company_name'])}" if found["company_name"] else ""
    click.echo(f"{plain(found['name'])} ({found['id']}), an assistant{whose}\n")
    click.echo(plain(found["instructions"]))
    if found["files"]:
        click.echo()
        print_table(("FILE", "SIZE", "STATE"), [_file_row(each) for each in found["files"]])


@assistants.command()
@_name
@click.argument("question")
@options.as_json
@options.server
def ask(name: str, question: str, as_json: bool, where: Where) -> None:
    """Ask the assistant called NAME one QUESTION.

    Prints the answer as it comes, and then the places in files that it rests on. With --json the
    whole turn is printed when it has ended.
    """
    from parlez.cli.assistant_calls import Asking

    asking = Asking(typed(question), quiet=as_json)
    turn = _run(where, lambda at: at.ask(name, asking))
    if as_json:
        print_json(turn)
    elif turn["citations"]:
        click.echo()
        for citation in turn["citations"]:
            click.echo(_place(citation))
    if turn["error"]:
        raise click.ClickException(turn["error"]["message"])
    if turn["state"] != "completed":
        raise click.ClickException(f"The answer is not whole: it was {turn['state']}.")


@assistants.command()
@_name
@options.server
def delete(name: str, where: Where) -> None:
    """Delete the assistant called NAME, with the files that only it has."""
    gone = _run(where, lambda at: at.delete(name))
    click.echo(f"The assistant {plain(gone['name'])} is deleted.", err=True)


def _run(where: Where, what: "Callable[[Assistants], Coroutine[Any, Any, T]]") -> T:
    """What comes of calls to whichever server a command means."""
    from parlez.cli.assistant_calls import Assistants
    from parlez.cli.client import Client
    from parlez.cli.server_access import Locate, reach

    async def call(locate: Locate) -> T:
        async with Client.open(locate) as client:
            return await what(Assistants(client))

    with reach(where) as locate:
        return asyncio.run(call(locate))


def _typed(fields: dict[str, str]) -> dict[str, str]:
    return {name: typed(value) for name, value in fields.items()}


def _print_read(made: dict[str, Any], as_json: bool) -> None:
    """An assistant whose files have been read, as far as they can be."""
    if as_json:
        print_json(made)
    failed = [each for each in made["files"] if each["state"] == "failed"]
    for each in failed:
        click.echo(f"{plain(each['name'])} cannot be read: {plain(each['reason'])}", err=True)
    if not as_json:
        read = len(made["files"]) - len(failed)
        click.echo(f"{plain(made['name'])} ({made['id']}) answers from {_files_in_words(read)}.")
    if failed:
        raise click.exceptions.Exit(1)


def _files_in_words(count: int) -> str:
    return "1 file" if count == 1 else f"{count or 'no'} files"


def _row(found: dict[str, Any]) -> list[str]:
    states = [each["state"] for each in found["files"]]
    others = [f"{states.count(state)} {state}" for state in ("queued", "reading", "failed")]
    more = ", ".join(each for each in others if not each.startswith("0"))
    files = f"{len(states)} ({more})" if more else str(len(states))
    return [str(found["id"]), found["name"], found["company_name"], files]


def _file_row(file: dict[str, Any]) -> list[str]:
    state = file["state"]
    if file["reason"]:
        state = f"{state}: {file['reason']}"
    elif state == "reading":
        state = f"{state}, {file['progress']:.0%}"
    return [file["name"], f"{file['size']:,}", state]


def _place(citation: dict[str, Any]) -> str:
    """Where an answer is borne out."""
    page = f", page {citation['page']}" if citation["page"] else ""
    quote = " ".join(plain(citation["quote"]).split())
    if len(quote) > _QUOTED:
        quote = f"{quote[:_QUOTED].rstrip()}…"
    return f"- {plain(citation['document'])}{page}: “{quote}”"
