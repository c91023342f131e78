"""Options that several commands share."""

from pathlib import Path

import click

data_dir = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="The data folder; else PARLEZ_DATA_DIR, else the user's own.",
)

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
