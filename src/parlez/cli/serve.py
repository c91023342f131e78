"""`parlez serve`"""

import asyncio
import gc
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path

import click

from parlez.cli import options
from parlez.cli.settings import read_settings

_MOST_FILES = 65_536


@click.command()
@click.option("--host", help="The address to listen on; else HOST, else 127.0.0.1.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help="The port to listen on, 0 for a free one; else PORT, else 8000.",
)
@options.data_dir
@click.option(
    "--env-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of settings; else .env in the current folder if there is one.",
)
def serve(host: str | None, port: int | None, data_dir: Path | None, env_file: Path | None) -> None:
    """Run the server until Ctrl-C or SIGTERM.

    This is the only command that reads a .env file. The real environment wins over it, and options
    win over both.
    """
    dotenv = env_file or (Path(".env") if Path(".env").is_file() else None)
    settings = read_settings(dotenv, host=host, port=port, data_dir=data_dir)
    from parlez import app
    from parlez.bootstrap import Server
    from parlez.cli.welcome import welcome
    from parlez.http.logs import configure_logs

    configure_logs(settings.log_level, settings.log_format)
    _allow_many_files()

    def say_hello(url: str, server: Server) -> None:
        code, sockets = server.services.owner_code, server.services.sockets
        click.echo(welcome(settings, url, dotenv, code.text if code else None, sockets.port))
        _settle()

    try:
        _run(app.serve(settings, say_hello))
    except SystemExit:
        # Uvicorn has logged what the system said, and would leave with a code of its own.
        raise click.ClickException(
            f"Could not listen on {settings.host}, port {settings.port}. "
            "If another program has it, give this one another: --port 0 takes a free one."
        ) from None


def _allow_many_files() -> None:
    """Take as many open files as this user may have: every stream needs one, and its model another.
    What systems give by default, often 1,024, is for programs that could not bear more."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft < most:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _settle() -> None:
    """Spare the collector what was made at the start, which lives as long as the process, and let
    it look less often at the rest: turns leave few cycles behind. A tenth of a turn's cost."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def _run(serving: Coroutine[None, None, None]) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(serving)
    else:
        uvloop.run(serving)
