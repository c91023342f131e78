"""`parlez apps`"""

from typing import Any

import click

from parlez.cli import options
from parlez.cli.one_call import call
from parlez.cli.options import Where
from parlez.cli.output import plain, print_json, print_table

_AT_ONCE = 200

_PLACES = ("visitor_hour", "visitor_day", "total_hour", "total_day")


@click.group()
def apps() -> None:
    """Put models, and documents, behind URLs of their own."""


@apps.command()
@click.argument("name")
@click.option("--model", "models", multiple=True, help="One that visitors can choose, or several.")
@click.option("--assistant", type=click.IntRange(1), help="The assistant that it answers as.")
@click.option("--document", "documents", multiple=True, help="One to answer from, or several.")
@click.option("--origin", "origins", multiple=True, help="Web pages that may call it, or several.")
@click.option("--key-required", is_flag=True, help="Let in nobody without a key.")
@click.option("--visitor-hour", type=click.IntRange(0), help="Messages of a visitor in an hour.")
@click.option("--visitor-day", type=click.IntRange(0), help="Messages of a visitor in a day.")
@click.option("--total-hour", type=click.IntRange(0), help="Messages of all in an hour.")
@click.option("--total-day", type=click.IntRange(0), help="Messages of all in a day.")
@click.option("--allow-system-prompt", is_flag=True, help="Let visitors give instructions.")
@click.option("--allow-no-search", is_flag=True, help="Let visitors leave the documents out.")
@options.as_json
@options.server
def create(
    name: str,
    models: tuple[str, ...],
    assistant: int | None,
    documents: tuple[str, ...],
    origins: tuple[str, ...],
    as_json: bool,
    where: Where,
    **rest: Any,
) -> None:
    """Make an app called NAME.

    Its URL alone goes to standard output. Whoever knows the URL can talk with the app. Without
    --visitor-… options a visitor has 60 messages an hour and 200 a day, without --total-… all
    together have 2,000 a day; 0 is no limit.
    """
    chosen = {
        "models": models,
        "assistant_id": assistant,
        "documents": documents,
        "origins": origins,
        "limits": _limits(rest),
    }
    switches = ("key_required", "allow_system_prompt", "allow_no_search")
    body = {"name": name, **{field: value for field, value in chosen.items() if value}}
    made = call(where, "POST", "/api/apps", {**body, **{each: rest[each] for each in switches}})
    _print_url(made, as_json)


@apps.command(name="list")
@options.as_json
@options.server
def list_apps(as_json: bool, where: Where) -> None:
    """List the apps there are, newest first."""
    found, before = list[dict[str, Any]](), ""
    while True:
        page = call(where, "GET", f"/api/apps?limit={_AT_ONCE}{before}")
        found += page["apps"]
        if page["before"] is None:
            break
        before = f"&before={page['before']}"
    if as_json:
        print_json(found)
    elif not found:
        click.echo("There are no apps yet. `parlez apps create NAME` makes one.", err=True)
    else:
        rows = [
            [app["id"], app["name"], ", ".join(app["models"]), app["created_at"], _state(app)]
            for app in found
        ]
        print_table(("ID", "NAME", "MODELS", "MADE", "STATE"), rows)


@apps.command()
@click.argument("app_id", metavar="ID")
@options.as_json
@options.server
def show(app_id: str, as_json: bool, where: Where) -> None:
    """Show the app with this ID, its URL included."""
    app = call(where, "GET", _path(app_id))
    if as_json:
        print_json(app)
        return
    for title, value in (
        ("name", app["name"]),
        ("url", app["url"]),
        ("state", _state(app)),
        ("models", ", ".join(app["models"])),
        ("assistant", app["assistant_id"] or "none"),
        ("documents", ", ".join(app["documents"]) or "none"),
        ("origins", ", ".join(app["origins"]) or "none"),
        ("a visitor", _told(app["limits"]["visitor"])),
        ("all visitors", _told(app["limits"]["total"])),
    ):
        click.echo(f"{title + ':':<14}{plain(str(value))}")


@apps.command()
@click.argument("app_id", metavar="ID")
@options.server
def pause(app_id: str, where: Where) -> None:
    """Let the app with this ID answer nobody for now."""
    app = call(where, "PATCH", _path(app_id), {"paused": True})
    click.echo(f"{plain(app['name'])} is paused. `parlez apps resume` ends that.", err=True)


@apps.command()
@click.argument("app_id", metavar="ID")
@options.server
def resume(app_id: str, where: Where) -> None:
    """Let the app with this ID answer again."""
    app = call(where, "PATCH", _path(app_id), {"paused": False})
    click.echo(f"{plain(app['name'])} answers again.", err=True)


@apps.command(name="rotate-url")
@click.argument("app_id", metavar="ID")
@options.as_json
@options.server
def rotate_url(app_id: str, as_json: bool, where: Where) -> None:
    """Give the app with this ID another URL, which alone goes to standard output.

    There is nothing at the old one from then on.
    """
    _print_url(call(where, "POST", f"{_path(app_id)}/rotate-url"), as_json)


@apps.command()
@click.argument("app_id", metavar="ID")
@options.server
def delete(app_id: str, where: Where) -> None:
    """Remove the app with this ID. What was said to it stays."""
    call(where, "DELETE", _path(app_id))
    click.echo("The app is removed.", err=True)


def _print_url(app: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(app)
        return
    click.echo(f"{plain(app['name'])} ({app['id']}) answers whoever knows this URL:", err=True)
    click.echo(app["url"])


def _limits(asked: dict[str, int | None]) -> dict[str, dict[str, int | None]]:
    """As the server takes them: both of a kind, if one is named."""
    limits: dict[str, dict[str, int | None]] = {}
    for place in _PLACES:
        kind, _, span = place.partition("_")
        if asked[place] is not None:
            limits.setdefault(kind, {})[span] = asked[place] or None
    return limits


def _path(app_id: str) -> str:
    from yarl import URL

    return (URL("/api/apps") / app_id).raw_path


def _state(app: dict[str, Any]) -> str:
    if app["paused"]:
        return "paused"
    return "answers with a key" if app["key_required"] else "answers"


def _told(limits: dict[str, int | None]) -> str:
    spans = (("hour", "an hour"), ("day", "a day"))
    told = [f"{limits[span]:,} messages {every}" for span, every in spans if limits[span]]
    return ", ".join(told) or "without limit"
