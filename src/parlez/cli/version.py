"""`parlez version`"""

import json
import platform
import sqlite3

import click

from parlez import __version__


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def version(as_json: bool) -> None:
    """Show the versions of Parlez and of what it stands on."""
    versions = _versions()
    if as_json:
        click.echo(json.dumps(versions))
    else:
        click.echo(_line(versions))


def show_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    """What the option `--version` does."""
    if asked and not ctx.resilient_parsing:
        click.echo(_line(_versions()))
        ctx.exit()


def _versions() -> dict[str, str]:
    return {
        "parlez": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _line(versions: dict[str, str]) -> str:
    return f"parlez {versions['parlez']} (Python {versions['python']}, SQLite {versions['sqlite']})"
