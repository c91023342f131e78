"""`parlez transcribe`"""

import asyncio
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parlez.cli import options
from parlez.cli.options import Where
from parlez.cli.output import plain, print_json

if TYPE_CHECKING:
    from parlez.cli.server_access import Locate

PATIENCE_SECONDS = 600
"""How long a server may be silent over a long recording."""


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--provider", help="Who is to hear; else the server's default.")
@click.option("--language", help="What is spoken, like en; else that is found out.")
@click.option("--words", is_flag=True, help="Tell the time of every word (with --json).")
@options.as_json
@options.server
def transcribe(
    file: str,
    provider: str | None,
    language: str | None,
    words: bool,
    as_json: bool,
    where: Where,
) -> None:
    """Print what is said in a file of sound.

    FILE is WAV, MP3, Ogg or Opus, WebM, FLAC, M4A or AAC, or - for standard input.
    """
    from parlez.cli.server_access import reach

    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    name = "" if file == "-" else Path(file).name
    fields = {"provider": provider, "language_code": language, "words": "true" if words else None}
    with reach(where) as locate:
        found = asyncio.run(_transcribe(locate, data, name, fields))
    if as_json:
        print_json(found)
    else:
        click.echo(plain(found["text"]) if sys.stdout.isatty() else found["text"])


async def _transcribe(
    locate: "Locate", data: bytes, name: str, fields: dict[str, str | None]
) -> Any:
    from aiohttp import FormData

    from parlez.cli.client import Client

    form = FormData()
    form.add_field("audio", BytesIO(data), filename=name or "sound")
    for field, value in fields.items():
        if value:
            form.add_field(field, value)
    async with (
        Client.open(locate, PATIENCE_SECONDS) as client,
        client.request("POST", "/api/transcribe", form=form) as response,
    ):
        return await response.json()
