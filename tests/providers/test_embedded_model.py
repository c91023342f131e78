"""The real embedded model: the weights that the lock brings, in a real child process.

Errors are those of llama.cpp's tools/server/README.md.
"""

import asyncio
import os
import signal
import sys
import time
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from parlez.core.errors import ContextOverflow, ModelFailed, ModelTimeout, ModelUnavailable
from parlez.core.events import TextDelta
from parlez.core.messages import Role
from parlez.core.ports.chat_model import ChatRequest, Finished, Options, Prompt
from parlez.providers.catalog import Catalog
from parlez.providers.embedded import local_vendor
from parlez.providers.local.chat import LocalChat
from parlez.providers.local.process import LocalProcess
from parlez.providers.local.settings import LocalSettings
from parlez.providers.timeouts import Timeouts

NICEST = 19
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def ask(text, **options):
    return ChatRequest("smollm2-135m", [Prompt(Role.USER, text)], Options(**options))


CAPITAL = ask("What is the capital of France?")
STORY = ask("Tell me a long story about a fox.", max_tokens=800)


SHARED = pytest.mark.asyncio(loop_scope="module")
"""For tests that leave the child as they found it."""


@asynccontextmanager
async def opened():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "sk-of-the-parent")
        made = Catalog()
        yield made
        await made.close()


@pytest.fixture
async def catalog():
    async with opened() as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared():
    async with opened() as made:
        yield made


def chat_of(catalog):
    return catalog.chat_model(catalog.resolve("gpt-4o"))


@pytest.fixture
def chat(catalog):
    return chat_of(catalog)


@pytest.fixture
def process(catalog):
    return catalog._process


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(pid):
    async with asyncio.timeout(5):
        while is_alive(pid):
            await asyncio.sleep(0.02)


@SHARED
async def test_it_knows_the_capital_of_france(shared):
    completion = await chat_of(shared).complete(CAPITAL)
    assert "is Paris" in completion.text
    assert completion.finished.reason == "stop"
    assert completion.finished.usage.prompt_tokens > 5


@SHARED
async def test_it_streams(shared):
    events = [event async for event in chat_of(shared).stream(CAPITAL)]
    assert len(events) > 3
    assert "Paris" in "".join(event.text for event in events if isinstance(event, TextDelta))
    assert isinstance(events[-1], Finished)
    assert events[-1].usage is not None
    assert events[-1].usage.completion_tokens > 3


@SHARED
async def test_a_prompt_that_is_too_long_is_counted(shared):
    with pytest.raises(ContextOverflow) as caught:
        await chat_of(shared).complete(ask("hello " * 5000))
    assert (caught.value.prompt_tokens or 0) > 5000
    assert caught.value.limit_tokens == 4096


async def test_two_at_once_share_one_start_and_both_advance(chat, process):
    async def first_text(request):
        async with aclosing(chat.stream(request)) as events:
            event = await anext(events)
            met.append(event)
            while len(met) < 2:
                await anext(events)
            return process.pid

    met = []
    pids = await asyncio.gather(first_text(STORY), first_text(STORY))
    assert pids[0] == pids[1]


@ON_LINUX
@SHARED
async def test_the_key_shows_nowhere_and_the_parents_keys_are_not_passed_on(shared):
    process = shared._process
    endpoint = await process.endpoint()
    assert endpoint.api_key not in repr(endpoint)
    for name in ("cmdline", "environ"):
        shown = Path(f"/proc/{process.pid}/{name}").read_text()
        assert endpoint.api_key not in shown
        assert "sk-of-the-parent" not in shown
    assert "GOMP_SPINCOUNT=200" in shown


@ON_LINUX
@SHARED
async def test_the_child_gives_way_to_the_server(shared):
    process = shared._process
    await process.endpoint()
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(os.nice(0) + 15, NICEST)
    assert os.getsid(process.pid) == os.getsid(0), "Linux takes no notice of it in another session"
    assert os.getpgid(process.pid) == process.pid, "a Ctrl-C at the terminal would reach it"


async def test_a_child_that_dies_fails_its_answer_and_the_next_use_starts_another(chat, process):
    first = None
    with pytest.raises(ModelFailed, match="stopped while it was asked") as caught:
        async for _ in chat.stream(STORY):
            if first is None:
                first = process.pid
                os.kill(first, signal.SIGKILL)
    assert caught.value.retryable
    assert "Paris" in (await chat.complete(CAPITAL)).text
    assert process.pid != first


async def test_a_child_that_hangs_is_replaced(catalog, chat, process):
    await process.endpoint()
    first = process.pid
    os.kill(first, signal.SIGSTOP)
    hasty = LocalChat(process, local_vendor(), catalog._session, timeouts=Timeouts(whole=0.2))
    with pytest.raises(ModelTimeout):
        await hasty.complete(CAPITAL)
    assert not is_alive(first)
    assert "Paris" in (await chat.complete(CAPITAL)).text


@SHARED
async def test_a_child_that_is_only_slow_is_kept(shared):
    process = shared._process
    await process.endpoint()
    first = process.pid
    hasty = LocalChat(process, local_vendor(), shared._session, timeouts=Timeouts(whole=0.2))
    with pytest.raises(ModelTimeout):
        await hasty.complete(STORY)
    assert process.pid == first


async def test_closing_ends_the_child_and_what_it_was_doing(catalog, chat, process):
    answer = asyncio.create_task(chat.complete(STORY))
    pid = (await process.endpoint()) and process.pid
    await catalog.close()
    with pytest.raises(ModelFailed):
        await answer
    await gone(pid)
    with pytest.raises(ModelUnavailable):
        await chat.complete(CAPITAL)


async def test_closing_while_it_starts(catalog, chat):
    answer = asyncio.create_task(chat.complete(CAPITAL))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        await catalog.close()
    with pytest.raises((ModelUnavailable, asyncio.CancelledError)):
        await answer


async def test_giving_up_waiting_does_not_stop_the_start_of_others(process):
    impatient = asyncio.create_task(process.endpoint())
    patient = asyncio.create_task(process.endpoint())
    await asyncio.sleep(0.05)
    impatient.cancel()
    assert (await patient).base_url.startswith("http://127.0.0.1:")


@ON_LINUX
@pytest.mark.parametrize("when", ["while it loads", "when it is ready", "when it hangs"])
async def test_killing_the_parent_ends_the_child(when):
    program = """
import asyncio
from parlez.providers.local.chat import LocalChat
from parlez.providers.local.process import LocalProcess
from parlez.providers.local.settings import LocalSettings

async def main():
    process = LocalProcess(LocalSettings(), "smollm2-135m")
    start = asyncio.create_task(process.endpoint())
    if {ready}:
        await start
        print(process.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
""".format(ready=when != "while it loads")
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    try:
        if when == "while it loads":
            child = await _only_child(parent.pid)
        else:
            assert parent.stdout is not None
            child = int(await parent.stdout.readline())
        if when == "when it hangs":
            os.kill(child, signal.SIGSTOP)
        assert is_alive(child)
    finally:
        parent.kill()
        await parent.communicate()
    await gone(child)


@ON_LINUX
async def test_the_end_of_its_input_ends_the_child(process):
    """How it notices the end of its parent where the system does not tell it."""
    await process.endpoint()
    pid = process.pid
    process._running().process.stdin.close()
    await gone(pid)


async def _only_child(pid):
    async with asyncio.timeout(10):
        while True:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            if children:
                return int(children[0])
            await asyncio.sleep(0.01)


async def test_weights_that_are_none(tmp_path):
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"garbage")
    process = LocalProcess(LocalSettings(weights=bad), "smollm2-135m")
    with pytest.raises(ModelUnavailable, match="could not be started.*failed to load"):
        await process.endpoint()
    await process.close()


async def test_a_start_that_takes_too_long():
    process = LocalProcess(LocalSettings(start_seconds=0.01), "smollm2-135m")
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="in time"):
        await process.endpoint()
    assert time.monotonic() - started < 5
    await process.close()
