"""A server within the command, for as long as the command takes."""

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import click

from parlez.app import Process
from parlez.bootstrap import running
from parlez.config import Settings
from parlez.http.logs import configure_logs


@contextmanager
def own_server(settings: Settings) -> Iterator[None]:
    """Serve the settings' data on a free port of this machine, from a thread. It announces itself
    in the data folder as any server does, so that other commands share it.

    Raises what a server that cannot start raises.
    """
    configure_logs("critical", settings.log_format)
    alone = settings.model_copy(update={"host": "127.0.0.1", "port": 0})
    ready: Future[Process] = Future()
    # A second Ctrl-C is not to wait for it; the data survives that as it survives a crash.
    thread = threading.Thread(target=_run, args=(alone, ready), name="parlez-server", daemon=True)
    thread.start()
    process = ready.result()
    try:
        yield
    finally:
        process.should_exit = True
        thread.join()


def _run(settings: Settings, ready: Future[Process]) -> None:
    try:
        asyncio.run(_serve(settings, ready))
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)


async def _serve(settings: Settings, ready: Future[Process]) -> None:
    async with running(settings, _die) as server:
        process = Process(server, lambda _: ready.set_result(process))
        await process.serve()


def _die() -> None:
    click.echo("Error: the database can be written no more. `parlez doctor` looks why.", err=True)
    os._exit(1)
