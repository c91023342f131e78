"""The process of an engine: when it starts, when it ends, and what it leaves to others."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvloop

from parlez.core.errors import ModelFailed, ModelOverloaded, ModelUnavailable
from parlez.speech.local import worker as worker_module
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.local.worker import Worker

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
ROOT = Path(__file__).parents[2]
NICEST = 19

Make = Callable[..., Worker]


@pytest.fixture
async def make(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Make]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-parent")
    made = []

    def make(weights: str = "good", missing: str | None = None, **fields: Any) -> Worker:
        settings = replace(LocalSpeech(slots=1, threads=1), **fields)
        worker = Worker(
            "tests.support.toy_engine", "Toy", settings, lambda _: missing, lambda _: Path(weights)
        )
        made.append(worker)
        return worker

    yield make
    for worker in made:
        await worker.close()


async def count(worker: Worker, count: int = 3, payload: bytes = b"", **task: Any) -> list[int]:
    return [head["number"] async for head, _ in worker.run({"count": count, **task}, payload)]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(pid: int) -> None:
    async with asyncio.timeout(20):
        while is_alive(pid):
            await asyncio.sleep(0.02)


async def test_it_starts_when_it_is_needed_and_once(make: Make) -> None:
    worker = make()
    asked = [count(worker), count(worker, 2), count(worker, 1)]
    assert await asyncio.gather(*asked) == [[0, 1, 2], [0, 1], [0]]
    first = worker.pid
    assert await count(worker) == [0, 1, 2]
    assert worker.pid == first


async def test_bytes_go_to_and_fro(make: Make) -> None:
    sent = bytes(range(256)) * 8_000
    async for _, payload in make().run({"count": 2}, sent):
        assert payload == sent


async def test_it_gives_way_and_has_no_keys(make: Make) -> None:
    worker = make()
    async for head, _ in worker.run({"count": 1}):
        assert head["nice"] == min(os.nice(0) + 10, NICEST)
        assert head["session"] == os.getsid(0), "Linux takes no notice of it in another session"
        assert head["group"] == worker.pid, "a Ctrl-C at the terminal would reach it"
        assert "OPENAI_API_KEY" not in head["names"]
        assert "PATH" in head["names"]


async def test_a_short_task_need_not_wait_for_a_long_one(make: Make) -> None:
    worker = make()
    seen = []
    async with aclosing(worker.run({"count": 100_000, "pause": 0.01})) as long:
        async for head, _ in long:
            seen.append(head["number"])
            if len(seen) == 1:
                assert await asyncio.wait_for(count(worker, 2), 20) == [0, 1]
                break
    async with asyncio.timeout(20):
        while max([head["alive"] async for head, _ in worker.run({"count": 1})]) > 1:
            # What was left is not worked on for long.
            pass


async def test_a_process_that_dies_fails_its_tasks_and_the_next_use_starts_another(
    make: Make,
) -> None:
    worker = make()
    other = asyncio.create_task(count(worker, 100_000, pause=0.01))
    await worker.warm_up()
    first = worker.pid
    with pytest.raises(ModelFailed, match="stopped while it was asked") as caught:
        await count(worker, die=True)
    assert caught.value.retryable
    with pytest.raises(ModelFailed):
        await other
    assert await count(worker) == [0, 1, 2]
    assert worker.pid != first


@ON_LINUX
async def test_a_process_that_can_say_nothing_any_more_is_replaced(make: Make) -> None:
    worker = make()
    await worker.warm_up()
    first = worker.pid
    assert first
    with pytest.raises(ModelFailed, match="stopped while it was asked"):
        await count(worker, mute=True)
    assert await count(worker) == [0, 1, 2]
    assert worker.pid != first
    await gone(first)


async def test_a_task_that_fails_says_nothing_of_its_text(make: Make) -> None:
    worker = make()
    with pytest.raises(ModelFailed) as caught:
        await count(worker, secret="a private text")
    assert "private" not in caught.value.message
    assert await count(worker) == [0, 1, 2]


@ON_LINUX
async def test_it_ends_when_there_is_nothing_to_do_for_long(make: Make) -> None:
    worker = make(idle_seconds=0.3)
    assert await count(worker) == [0, 1, 2]
    first = worker.pid
    assert first
    await gone(first)
    assert await count(worker) == [0, 1, 2]
    assert worker.pid != first


@ON_LINUX
async def test_one_that_hangs_is_replaced(make: Make) -> None:
    worker = make(silent_seconds=0.5)
    await worker.warm_up()
    assert worker.pid
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(ModelFailed):
        await count(worker)
    assert await count(worker) == [0, 1, 2]


async def test_no_more_than_it_can_keep_waiting(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "MOST_TASKS", 2)
    monkeypatch.setattr(worker_module, "MOST_BYTES", 100)
    worker = make()
    async with aclosing(worker.run({"count": 100_000, "pause": 0.01}, bytes(60))) as busy:
        await anext(busy)
        with pytest.raises(ModelOverloaded) as caught:
            await count(worker, payload=bytes(41))
        assert caught.value.retry_after
        assert await count(worker, 1, bytes(40)) == [0]
    assert await count(worker, 1, bytes(100)) == [0]
    async with (
        aclosing(worker.run({"count": 100_000, "pause": 0.01})) as one,
        aclosing(worker.run({"count": 100_000, "pause": 0.01})) as two,
    ):
        await asyncio.gather(anext(one), anext(two))
        with pytest.raises(ModelOverloaded):
            await count(worker)


async def test_closing_ends_it_and_what_it_was_doing(make: Make) -> None:
    worker = make()
    task = asyncio.create_task(count(worker, 100_000, pause=0.01))
    await worker.warm_up()
    await asyncio.sleep(0.05)
    await worker.close()
    with pytest.raises(ModelFailed):
        await task
    with pytest.raises(ModelUnavailable, match="shutting down"):
        await count(worker)


async def test_closing_while_it_starts(make: Make) -> None:
    worker = make("slow")
    task = asyncio.create_task(count(worker))
    await asyncio.sleep(0.05)
    await worker.close()
    with pytest.raises((ModelUnavailable, asyncio.CancelledError)):
        await task


async def test_what_cannot_be_started_says_why(make: Make) -> None:
    with pytest.raises(ModelUnavailable, match="Toy could not be started.*these are no weights"):
        await count(make("bad"))
    with pytest.raises(ModelUnavailable, match="in time"):
        await count(make("slow", start_seconds=0.2))
    with pytest.raises(ModelUnavailable, match=r"pip install 'parlez\[speech\]'"):
        await count(make(missing="It is missing: pip install 'parlez[speech]'."))


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_who_waits_to_give_a_task_to_one_that_dies_is_told(
    make: Make, run: Callable[[Coroutine[Any, Any, None]], None]
) -> None:
    async def ask() -> None:
        worker = make()
        await worker.warm_up()
        assert worker.pid
        os.kill(worker.pid, signal.SIGSTOP)
        payload = bytes(8_000_000)
        asked = [asyncio.create_task(count(worker, payload=payload)) for _ in range(3)]
        await asyncio.sleep(0.05)
        os.kill(worker.pid, signal.SIGKILL)
        for each in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(each, ModelFailed)
        await worker.close()

    run(ask())


@ON_LINUX
@pytest.mark.parametrize("hangs", [False, True])
async def test_killing_the_parent_ends_it(hangs: bool) -> None:
    program = """
import asyncio
from pathlib import Path
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.local.worker import Worker

async def main():
    worker = Worker("tests.support.toy_engine", "Toy", LocalSpeech(),
        lambda _: None, lambda _: Path("good"))
    await worker.warm_up()
    print(worker.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert parent.stdout is not None
        child = int(await parent.stdout.readline())
        if hangs:
            os.kill(child, signal.SIGSTOP)
        assert is_alive(child)
    finally:
        parent.kill()
        await parent.communicate()
    await gone(child)
