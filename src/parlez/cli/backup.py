"""`parlez backup`"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parlez.cli import options
from parlez.cli.output import print_json
from parlez.cli.private_file import private_file
from parlez.cli.settings import folder_and_database, read_settings

if TYPE_CHECKING:
    from parlez.storage.sqlite.look import Progress


@click.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace TARGET if it is there.")
@options.as_json
@options.data_dir
def backup(target: Path, force: bool, as_json: bool, data_dir: Path | None) -> None:
    """Copy the database to TARGET, also while the server runs.

    The copy is of one moment, is checked before it gets its name, and only its user can read it. To
    go back to it, stop the server and put it in the database's place.
    """
    _, place = folder_and_database(read_settings(data_dir=data_dir))
    from parlez.storage.open import SqliteFile

    if not isinstance(place, SqliteFile):
        raise click.ClickException(
            "Only a SQLite database is a file to be copied. Back PostgreSQL up with pg_dump, or "
            "write everything to a file with `parlez export`."
        )
    source = place.path
    if not source.is_file():
        raise click.ClickException(f"There is no database at {source}.")
    if target.exists() and target.samefile(source):
        raise click.UsageError("TARGET is the database itself.")
    if target.exists() and not force:
        raise click.ClickException(f"{target} is there already. --force replaces it.")
    with private_file(target) as made:
        _copy(source, made)
        size = made.stat().st_size
        made.replace(target)
    if as_json:
        print_json({"source": str(source), "target": str(target), "bytes": size})
    else:
        click.echo(f"{target}: {size / 1e6:,.1f} MB, checked.")


def _copy(source: Path, made: Path) -> None:
    import sqlite3

    from parlez.storage.sqlite import look

    try:
        with _progress() as progress:
            look.copy(source, made, progress)
        with look.reading(made) as connection:
            found = look.damage(connection)
    except sqlite3.Error as error:
        raise click.ClickException(f"The database cannot be copied: {error}.") from None
    if found:
        raise click.ClickException(
            f"The copy is damaged, and so is the database: {found[0]}. `parlez doctor` says more."
        )
    with made.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def _progress() -> Iterator["Progress"]:
    is_terminal = sys.stderr.isatty()
    with click.progressbar(
        length=1, label="Copying", file=sys.stderr, hidden=not is_terminal
    ) as bar:

        def tell(total: int, left: int) -> None:
            bar.length = total
            bar.update(total - left - bar.pos)

        yield tell
