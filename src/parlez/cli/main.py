"""The command `parlez`.

Exit codes: 0 for success, 1 for anything that failed, 2 for a call that makes no sense, 130 after
Ctrl-C.
"""

import os
from typing import Any

import click

from parlez.cli.apps import apps
from parlez.cli.ask import ask
from parlez.cli.assistants import assistants
from parlez.cli.backup import backup
from parlez.cli.chat import chat
from parlez.cli.doctor import doctor
from parlez.cli.export import export_data
from parlez.cli.import_ import import_data
from parlez.cli.keys import keys
from parlez.cli.models import models
from parlez.cli.owner import owner
from parlez.cli.say import say
from parlez.cli.search import search
from parlez.cli.serve import serve
from parlez.cli.transcribe import transcribe
from parlez.cli.version import show_version, version
from parlez.core.errors import ParlezError

INTERRUPTED = 130


class Parlez(click.Group):
    """The group of all commands, where what they raise becomes a line for people."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except ParlezError as error:
            raise click.ClickException(error.message) from None
        except BrokenPipeError:
            # Whoever read the output has had enough, which Click knows how to take.
            raise
        except OSError as error:
            raise click.ClickException(str(error)) from None


@click.group(
    cls=Parlez,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 130 Ctrl-C.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=show_version,
    help="Show the version and exit.",
)
@click.pass_context
def parlez(ctx: click.Context) -> None:
    """A self-hosted conversation server: any language model, every message kept.

    Begin with `parlez serve`, or with `parlez chat`, which needs no server.
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False


for command in (
    *(serve, chat, ask, search, transcribe, say),
    *(assistants, models, owner, keys, apps),
    *(doctor, backup, export_data, import_data, version),
):
    parlez.add_command(command)


def main() -> None:
    parlez(prog_name="parlez")
