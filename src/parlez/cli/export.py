"""`parlez export`"""

import os
from pathlib import Path

import click

from parlez.cli import options
from parlez.cli.output import print_json
from parlez.cli.private_file import private_file
from parlez.cli.settings import folder_and_database, read_settings
from parlez.cli.transfer_progress import progress


@click.command(name="export")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace TARGET if it is there.")
@options.as_json
@options.data_dir
def export_data(target: Path, force: bool, as_json: bool, data_dir: Path | None) -> None:
    """Write all that the database holds to TARGET, also while the server runs.

    It is of one moment, and only its user can read the file, which has keys' hashes and every
    message in it. `parlez import` reads it into another database, of any kind.
    """
    if target.exists() and not force:
        raise click.ClickException(f"{target} is there already. --force replaces it.")
    _, place = folder_and_database(read_settings(data_dir=data_dir))
    from parlez.storage.transfer.export import export
    from parlez.storage.transfer.places import source

    with private_file(target) as made:
        with made.open("wb") as file, source(place) as found, progress("Exporting") as tell:
            rows = export(found, file, tell)
            file.flush()
            os.fsync(file.fileno())
        size = made.stat().st_size
        made.replace(target)
    if as_json:
        print_json({"source": str(place), "target": str(target), "rows": rows, "bytes": size})
    else:
        click.echo(f"{target}: {rows:,} rows, {size / 1e6:,.1f} MB.")
