"""A server that has ended leaves nothing of itself in its process."""

import gc
import weakref
from pathlib import Path

from tests.support.server import run_server


async def test_what_it_held_can_be_let_go(data_dir: Path) -> None:
    async with run_server(data_dir) as running:
        assert (await running.call("GET", "/docs")).status == 200
        engine = weakref.ref(running.services.engine)
    del running
    gc.collect()
    assert engine() is None
