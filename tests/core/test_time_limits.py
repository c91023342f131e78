"""The time limits of a turn, in virtual time."""

import asyncio
from pathlib import Path

import pytest
from tests.support.engine import Rig
from tests.support.store import open_stores

from parlez.core.messages import State
from parlez.core.turns import EndedTurn
from parlez.testing.scripted_model import Pause, Script
from parlez.testing.virtual_time import VirtualTimeLoop


def ended_turn(data_dir: Path, script: Script, stream: bool) -> tuple[EndedTurn, float]:
    """How a turn ends, and after how many seconds."""

    async def say() -> tuple[EndedTurn, float]:
        async with open_stores(f"sqlite:///{data_dir / 'parlez.db'}") as stores:
            rig = Rig(stores, [script])
            began = asyncio.get_running_loop().time()
            ended = await rig.say(stream=stream)
            return ended, asyncio.get_running_loop().time() - began

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(say())


@pytest.mark.parametrize(
    ("script", "stream", "seconds", "text"),
    [
        ([Pause(None)], True, 60, ""),
        (["Hello", Pause(None)], True, 30, "Hello"),
        ([step for _ in range(40) for step in ("x", Pause(20.0))], True, 600, "x" * 30),
        ([Pause(None)], False, 600, ""),
    ],
)
def test_a_turn_that_takes_too_long_fails(
    data_dir: Path, script: Script, stream: bool, seconds: float, text: str
) -> None:
    ended, took = ended_turn(data_dir, script, stream)
    assert ended.turn.state is State.FAILED
    assert ended.turn.error is not None
    assert ended.turn.error.code == "model_timeout"
    assert ended.turn.error.retryable
    assert ended.text == text
    # A disk that is slow to take a piece is waited for, and time runs ahead meanwhile.
    assert seconds <= took < seconds + 30


@pytest.mark.parametrize("stream", [True, False])
def test_a_slow_turn_within_the_limits_completes(data_dir: Path, stream: bool) -> None:
    script = [step for _ in range(10) for step in (Pause(25.0), "x")]
    ended, took = ended_turn(data_dir, script, stream)
    assert ended.turn.state is State.COMPLETED
    assert ended.text == "x" * 10
    assert took >= 250
