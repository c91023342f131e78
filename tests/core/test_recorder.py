"""The recorder: nothing lost, nothing twice, and few writes."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlez.core.errors import StorageFull
from parlez.core.events import LoggedEvent, Numbered, TextDelta, ToolCalled
from parlez.core.recorder import Recorder
from parlez.testing.virtual_time import StillTimeLoop, VirtualTimeLoop

TEXTS = st.text(min_size=1).map(TextDelta)
CALLS = st.builds(ToolCalled, st.text(), st.text(), st.text())


class Log:
    """A log on a disk that takes its time."""

    def __init__(self, seconds: float = 0.0):
        self.batches: list[Sequence[Numbered]] = []
        self.published: list[Numbered] = []
        self.times: list[float] = []
        self._seconds = seconds

    async def append(self, events: Sequence[Numbered]) -> None:
        self.times.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self._seconds)
        self.batches.append(events)

    def publish(self, events: Sequence[Numbered]) -> None:
        assert self.batches[-1] == events, "only what is on disk may be seen"
        self.published += events

    def recorder(self, flush: float = 0.0) -> Recorder:
        return Recorder(self.append, self.publish, flush)


@given(st.lists(st.one_of(TEXTS, CALLS)), st.lists(st.booleans()))
def test_whatever_the_timing_the_log_holds_what_was_said(
    events: list[LoggedEvent], pauses: list[bool]
) -> None:
    async def record() -> Log:
        log = Log()
        recorder = log.recorder()
        for place, event in enumerate(events):
            await recorder.add(event)
            if place < len(pauses) and pauses[place]:
                await asyncio.sleep(0)
        await recorder.finish()
        assert recorder.text == _text(events)
        assert recorder.last_number == 1 + len(log.published)
        return log

    log = asyncio.run(record())
    said = [each.event for each in log.published]
    assert _text(said) == _text(events)
    assert [e for e in said if isinstance(e, ToolCalled)] == [
        e for e in events if isinstance(e, ToolCalled)
    ]
    assert [each.number for each in log.published] == list(range(2, 2 + len(said)))
    characters = 0
    for each in log.published:
        characters += len(each.event.text) if isinstance(each.event, TextDelta) else 0
        assert each.characters == characters


def _text(events: Sequence[object]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def test_the_first_piece_goes_at_once_and_later_ones_together() -> None:
    async def record() -> Log:
        log = Log(seconds=0.005)
        recorder = log.recorder(flush=0.02)
        for _ in range(100):
            await recorder.add(TextDelta("x"))
            await asyncio.sleep(0.001)
        await recorder.finish()
        return log

    with asyncio.Runner(loop_factory=StillTimeLoop) as runner:
        log = runner.run(record())
    assert [each.event for each in log.batches[0]] == [TextDelta("x")]
    gaps = [after - before for before, after in zip(log.times, log.times[1:-1], strict=False)]
    assert gaps == pytest.approx([0.02] * 4, abs=1e-6)
    assert len(log.batches) == 6
    assert _text([each.event for each in log.published]) == "x" * 100


async def test_a_slow_disk_slows_the_model_down() -> None:
    log = Log(seconds=0.05)
    recorder = log.recorder()
    began = asyncio.get_running_loop().time()
    for _ in range(4):
        await recorder.add(TextDelta("x" * 70_000))
    assert asyncio.get_running_loop().time() - began >= 0.05
    await recorder.finish()


async def test_a_failing_write_is_told() -> None:
    async def refuse(events: Sequence[Numbered]) -> None:
        raise StorageFull("full")

    recorder = Recorder(refuse, lambda events: None, 0)
    await recorder.add(TextDelta("a"))
    await asyncio.sleep(0.01)
    with pytest.raises(StorageFull):
        await recorder.add(TextDelta("b"))
    with pytest.raises(StorageFull):
        await recorder.finish()
    assert recorder.text == "ab"


async def test_being_cancelled_while_waiting_tears_no_write_apart() -> None:
    log = Log(seconds=0.02)
    recorder = log.recorder()
    await recorder.add(TextDelta("a"))
    await asyncio.sleep(0)
    adding = asyncio.create_task(recorder.add(TextDelta("b" * 70_000)))
    await asyncio.sleep(0)
    adding.cancel()
    await asyncio.gather(adding, return_exceptions=True)
    await recorder.finish()
    assert _text([each.event for each in log.published]) == "a" + "b" * 70_000


def test_virtual_time_runs_ahead() -> None:
    async def wait() -> float:
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        began = runner.get_loop().time()
        assert runner.run(wait()) - began >= 3600
