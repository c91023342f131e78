"""Finding the server that a command is for."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from parlez.cli.options import Where
from parlez.cli.settings import folder_and_database, read_settings
from parlez.core.errors import ParlezError
from parlez.storage.data_folder import DataFolder, InUse

_START_SECONDS = 10.0
_LOOK_SECONDS = 0.2


class Unreachable(ParlezError):
    """No server answers where one is expected."""

    code = "unreachable"
    retryable = True


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is now, and what to show it."""

    url: str
    credential: str | None = field(repr=False)


Locate = Callable[[], Address]
"""Says where the server is now: one that was started again may have moved, and has another token.
Raises `Unreachable` while there is none."""


@contextmanager
def reach(where: Where) -> Iterator[Locate]:
    """A way to the server: the one at the URL, else the owner of the data folder, else a server of
    this command's own. Raises `InUse` if the data is owned by something that does not answer."""
    if where.url:
        fixed = Address(where.url, where.key)
        yield lambda: fixed
        return
    settings = read_settings(data_dir=where.data_dir)
    path, place = folder_and_database(settings)
    folder = DataFolder(path, place.file)

    def locate() -> Address:
        owner = folder.owner()
        if owner is None:
            raise Unreachable(f"The server on {folder.path} is gone.")
        return Address(owner.url, where.key or owner.token)

    deadline = time.monotonic() + _START_SECONDS
    with ExitStack() as stack:
        while folder.owner() is None:
            # Loading all of a server is for those who need one.
            from parlez.cli.own_server import own_server

            try:
                stack.enter_context(own_server(settings))
            except InUse:
                # An owner that is just starting is not known yet.
                if time.monotonic() > deadline:
                    raise
                time.sleep(_LOOK_SECONDS)
        yield locate
