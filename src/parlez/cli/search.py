"""`parlez search`"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from parlez.cli import options
from parlez.cli.options import Where
from parlez.cli.output import plain, print_json, typed

if TYPE_CHECKING:
    from parlez.cli.server_access import Locate

Mark = Sequence[int]


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 50), default=5, show_default=True, help="Of each.")
@click.option("--user", help="Messages with this user; else those with the account itself.")
@click.option("--conversation", help="Messages of this conversation only, by its id.")
@click.option("--messages", "only", flag_value="messages", help="Search messages only.")
@click.option("--documents", "only", flag_value="documents", help="Search documents only.")
@options.as_json
@options.server
def search(
    words: tuple[str, ...],
    limit: int,
    user: str | None,
    conversation: str | None,
    only: str | None,
    as_json: bool,
    where: Where,
) -> None:
    """Find what was said, and what documents say, by words and by meaning.

    WORDS are what to look for, or a question. With --user or --conversation only messages are
    searched. The exit code is 0 also if nothing is found.
    """
    from parlez.cli.server_access import reach

    query = typed(" ".join(words))
    bodies: dict[str, dict[str, Any]] = {}
    if only != "documents":
        within = {"user_id": user, "conversation_id": conversation}
        bodies["/api/search/messages"] = {"query": query, "limit": limit, **within}
    if only != "messages" and not user and not conversation:
        bodies["/api/documents/search"] = {"query": query, "limit": limit}
    with reach(where) as locate:
        answers = asyncio.run(_ask(locate, bodies))
    found = {
        "messages": answers.get("/api/search/messages", {}).get("results", []),
        "documents": answers.get("/api/documents/search", {}).get("passages", []),
    }
    if as_json:
        print_json(found)
    else:
        _show(query, found, answers)


async def _ask(locate: "Locate", bodies: dict[str, dict[str, Any]]) -> dict[str, Any]:
    from parlez.cli.client import Client

    async with Client.open(locate) as client:
        return {path: await client.call("POST", path, body) for path, body in bodies.items()}


def _show(query: str, found: dict[str, list[dict[str, Any]]], answers: dict[str, Any]) -> None:
    from parlez.core.snippets import snippet

    for each in found["messages"]:
        told = (each["role"], each["title"], each["created_at"], each["conversation_id"])
        _print(each["similarity_score"], told, each["snippet"], each["marks"])
    for each in found["documents"]:
        page = [f"page {each['page']}"] if each["page"] is not None else []
        shown = snippet(each["quote"], query)
        _print(each["score"], (each["document"], *page, each["heading"]), shown.text, shown.marks)
    if not any(found.values()):
        click.echo("Nothing was found.", err=True)
    if answers.get("/api/search/messages", {}).get("searched_by") == ["words"]:
        missing = "Messages were searched by their words alone: no embedder can be used."
        click.echo(missing, err=True)


def _print(score: float, told: Sequence[str], text: str, marks: Sequence[Mark]) -> None:
    head = " · ".join(plain(each).replace("\n", " ") for each in told if each)
    click.echo(f"{click.style(f'{score:.2f}', fg='green')}  {click.style(head, dim=True)}")
    click.echo(f"      {_marked(text, marks)}")


def _marked(text: str, marks: Sequence[Mark]) -> str:
    """The text with its marks in colour."""
    parts, at = list[str](), 0
    for start, end in marks:
        word = click.style(plain(text[start:end]), fg="yellow", bold=True)
        parts += [plain(text[at:start]), word]
        at = end
    return "".join([*parts, plain(text[at:])])
