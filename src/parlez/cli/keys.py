"""`parlez keys`"""

from typing import Any

import click

from parlez.cli import options
from parlez.cli.one_call import call
from parlez.cli.options import Where
from parlez.cli.output import print_json, print_table
from parlez.core.identity import Right


@click.group()
def keys() -> None:
    """Make, list, rotate and revoke API keys."""


@keys.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([right.value for right in Right]),
    help="What it may be used for; may be given several times. data if not given.",
)
@click.option("--expires", "days", type=click.IntRange(1, 36_500), help="Days until it ends.")
@options.as_json
@options.server
def create(
    name: str, scopes: tuple[str, ...], days: int | None, as_json: bool, where: Where
) -> None:
    """Make a key called NAME.

    The key alone goes to standard output, so that it can be captured: KEY=$(parlez keys create me).
    It cannot be shown again.
    """
    body = {"name": name, "scopes": scopes or [Right.DATA], "expires_in_days": days}
    made = call(where, "POST", "/api/keys", body)
    _print_new(made, as_json)


def _print_new(made: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    ends = f"until {made['expires_at']}" if made["expires_at"] else "until it is revoked"
    click.echo(
        f"Key {made['id']} ({', '.join(made['scopes'])}) is good {ends}. "
        "This is the only time it is shown:",
        err=True,
    )
    click.echo(made["key"])


@keys.command(name="list")
@options.as_json
@options.server
def list_keys(as_json: bool, where: Where) -> None:
    """List the keys there are, without their secrets."""
    found = call(where, "GET", "/api/keys")["keys"]
    if as_json:
        print_json(found)
    elif not found:
        click.echo("There are no keys yet. `parlez keys create NAME` makes one.", err=True)
    else:
        head = ("ID", "NAME", "SCOPES", "MADE", "LAST USED", "STATE")
        print_table(head, [_row(key) for key in found])


@keys.command()
@click.argument("key_id", metavar="ID")
@click.option(
    "--overlap",
    "seconds",
    type=click.IntRange(0, 31_536_000),
    default=3_600,
    show_default=True,
    help="Seconds for which the old key stays good.",
)
@options.as_json
@options.server
def rotate(key_id: str, seconds: int, as_json: bool, where: Where) -> None:
    """Make a key like the one with this ID, which ends after the overlap.

    The new key alone goes to standard output.
    """
    body = {"overlap_seconds": seconds}
    _print_new(call(where, "POST", f"{_path(key_id)}/rotate", body), as_json)


@keys.command()
@click.argument("key_id", metavar="ID")
@options.server
def revoke(key_id: str, where: Where) -> None:
    """End the key with this ID, wherever it is in use."""
    ended = call(where, "DELETE", _path(key_id))
    click.echo(f"The key {ended['name']} is revoked.", err=True)


def _path(key_id: str) -> str:
    from yarl import URL

    return (URL("/api/keys") / key_id).raw_path


def _row(key: dict[str, Any]) -> list[str]:
    if key["revoked_at"]:
        state = f"revoked {key['revoked_at']}"
    else:
        state = f"until {key['expires_at']}" if key["expires_at"] else "good"
    used = key["last_used_at"] or "never"
    return [key["id"], key["name"], ", ".join(key["scopes"]), key["created_at"], used, state]
