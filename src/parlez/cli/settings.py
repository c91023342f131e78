"""Settings for commands, and the places they name."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from parlez.config import Settings
    from parlez.storage.open import Place


def read_settings(dotenv: Path | None = None, **said: Any) -> "Settings":
    """The settings, with those of the command line first. Ends the command if they are unusable."""
    from parlez import config

    try:
        return config.load(dotenv, **said)
    except config.BadSettings as error:
        raise click.ClickException(str(error)) from None


def folder_and_database(settings: "Settings") -> tuple[Path, "Place"]:
    """Where the data folder and the database are, or would be: nothing is made."""
    from parlez.storage.open import locate

    folder = settings.data_dir.expanduser().absolute()
    url = settings.database_url
    return folder, locate(url.get_secret_value() if url else None, folder)
