"""Options that several commands share."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Where:
    """Which server a command is for: one at a URL, or the one of a data folder."""

    url: str | None
    key: str | None = field(repr=False)
    data_dir: Path | None

    def arguments(self) -> list[str]:
        """What to add to another command to mean the same server. The key is not told."""
        if self.url:
            return ["--url", self.url]
        return ["--data-dir", str(self.data_dir)] if self.data_dir else []


def _check_url(_: click.Context, __: click.Parameter, url: str | None) -> str | None:
    if url is None:
        return None
    if not url.startswith(("http://", "https://")):
        raise click.BadParameter("it begins with http:// or https://")
    return url.rstrip("/")


data_dir = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="The data folder; else PARLEZ_DATA_DIR, else the user's own.",
)

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

_url = click.option(
    "--url",
    envvar="PARLEZ_URL",
    callback=_check_url,
    help="A server; else PARLEZ_URL, else the one that runs on the data folder, else one that is "
    "started for as long as the command takes.",
)

_key = click.option(
    "--key",
    envvar="PARLEZ_API_KEY",
    help="A key for the server. Better put it into PARLEZ_API_KEY: other users of the machine can "
    "see options.",
)


def server(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options that choose a server, as a `Where` in its argument `where`."""

    @_url
    @_key
    @data_dir
    @functools.wraps(command)
    def choosing(
        *args: Any, url: str | None, key: str | None, data_dir: Path | None, **rest: Any
    ) -> Any:
        return command(*args, where=Where(url, key or None, data_dir), **rest)

    return choosing
