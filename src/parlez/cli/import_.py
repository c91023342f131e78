"""`parlez import`"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parlez.cli import options
from parlez.cli.output import print_json
from parlez.cli.settings import folder_and_database, read_settings
from parlez.cli.transfer_progress import progress

if TYPE_CHECKING:
    from parlez.storage.data_folder import DataFolder


@click.command(name="import")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options.as_json
@options.data_dir
def import_data(source: Path, as_json: bool, data_dir: Path | None) -> None:
    """Read all that SOURCE holds, which `parlez export` wrote, into an empty database.

    Either all of it is there afterwards or nothing. No server may run on the database, nor may one
    have been started on it before.
    """
    folder, place = folder_and_database(read_settings(data_dir=data_dir))
    from parlez.storage.data_folder import DataFolder
    from parlez.storage.transfer.load import load
    from parlez.storage.transfer.places import target

    with (
        _owned(DataFolder(folder, place.file)),
        source.open("rb") as file,
        target(place) as found,
        progress("Importing") as tell,
    ):
        rows = load(file, found, tell)
    if as_json:
        print_json({"source": str(source), "target": str(place), "rows": rows})
    else:
        click.echo(f"{place}: {rows:,} rows.")


@contextmanager
def _owned(folder: "DataFolder") -> Iterator[None]:
    folder.acquire()
    try:
        yield
    finally:
        folder.release()
