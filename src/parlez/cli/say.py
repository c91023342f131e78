"""`parlez say`"""

import asyncio
import sys
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parlez.cli import options
from parlez.cli.options import Where
from parlez.cli.output import print_json, typed

if TYPE_CHECKING:
    from parlez.cli.server_access import Locate

FORMS = {
    ".mp3": "mp3",
    ".wav": "wav",
    ".opus": "opus",
    ".ogg": "opus",
    ".flac": "flac",
    ".aac": "aac",
    ".pcm": "pcm",
}
"""What a file is to be, by its ending."""

PATIENCE_SECONDS = 300


@click.command()
@click.argument("text")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, allow_dash=True),
    help=f"The file to write ({', '.join(FORMS)}), or - for an MP3 on standard output.",
)
@click.option("--provider", help="Who is to speak; else the server's default.")
@click.option("--voice", help="The voice; else the provider's own.")
@click.option("--language", help="What to speak, like en.")
@click.option("--speed", type=click.FloatRange(0.25, 4), default=1.0, help="Faster above 1.")
@options.as_json
@options.server
def say(
    text: str,
    output: str,
    provider: str | None,
    voice: str | None,
    language: str | None,
    speed: float,
    as_json: bool,
    where: Where,
) -> None:
    """Say a text aloud, into a file.

    TEXT is what to say, or - to read it from standard input. With --json it is told what was
    written.
    """
    from parlez.cli.server_access import reach

    form = "mp3" if output == "-" else FORMS.get(Path(output).suffix.lower())
    if form is None:
        raise click.BadParameter(f"its name ends in one of {', '.join(FORMS)}", param_hint="-o")
    if output == "-" and as_json:
        raise click.UsageError("Sound and JSON do not both go to standard output.")
    body = {
        "text": typed(sys.stdin.read() if text == "-" else text),
        "format": form,
        "speed": speed,
        "provider": provider,
        "voice_id": voice,
        "language_code": language,
    }
    with reach(where) as locate:
        answer = asyncio.run(_say(locate, body))
    data = b64decode(answer["audio"])
    if output == "-":
        sys.stdout.buffer.write(data)
        return
    Path(output).write_bytes(data)
    if as_json:
        print_json({"file": output, "format": answer["format"], "bytes": len(data)})


async def _say(locate: "Locate", body: dict[str, Any]) -> Any:
    from parlez.cli.client import Client

    async with Client.open(locate, PATIENCE_SECONDS) as client:
        return await client.call("POST", "/api/voice/tts", body)
