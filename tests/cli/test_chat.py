"""`parlez chat`, at a terminal"""

import json
import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.cli.conftest import Served
from tests.support.command import COMMAND, Command, Serving
from tests.support.terminal import CTRL_C, CTRL_D, Terminal

pytestmark = pytest.mark.e2e

PROMPT = "you> "
LONG = " ".join(f"word{number}" for number in range(30))
ENDLESS = " ".join(f"word{number}" for number in range(500))
"""An answer that no machine is slow enough to have at its end before somebody stops it."""


@contextmanager
def chatting(command: Command) -> Iterator[Terminal]:
    environment = command.environment | {"NO_COLOR": "1"}
    with Terminal.running([*COMMAND, "chat"], environment) as terminal:
        assert terminal.read_until(PROMPT) == f"Ctrl-C stops an answer, Ctrl-D leaves.\n{PROMPT}"
        yield terminal


def leave(terminal: Terminal) -> str:
    """Press Ctrl-D; the id of the conversation that is shown then."""
    terminal.type(CTRL_D)
    shown = terminal.read_until("Go on with: parlez chat ") + terminal.read_until("\n")
    assert terminal.process.wait(10) == 0
    found = re.search("chat ([0-9a-f-]{36})", shown)
    assert found
    return found[1]


def history(serving: Serving, conversation_id: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{serving.url}/conversations/{conversation_id}") as answer:
        messages: list[dict[str, Any]] = json.load(answer)["messages"]
    return messages


def said(serving: Serving, conversation_id: str) -> list[tuple[str, str, str]]:
    messages = history(serving, conversation_id)
    return [(message["role"], message["content"], message["state"]) for message in messages]


def test_a_conversation_that_is_left_and_gone_on_with(
    served: Served,
) -> None:
    with chatting(served.command) as terminal:
        terminal.type("one\n")
        assert terminal.read_until(PROMPT) == f"one\nYou said: one \n{PROMPT}"
        terminal.type("two\n")
        assert terminal.read_until(PROMPT) == f"two\nYou said: two \n{PROMPT}"
        id_ = leave(terminal)
    environment = served.command.environment | {"NO_COLOR": "1"}
    with Terminal.running([*COMMAND, "chat", id_], environment) as again:
        recalled = "you> one\nYou said: one \nyou> two\nYou said: two \n"
        assert again.read_until("Ctrl-C") == f"{recalled}Ctrl-C"
        again.read_until(PROMPT)
        again.type("three\n")
        again.read_until("You said: three")
        again.read_until(PROMPT)
        assert leave(again) == id_
    assert [text for _, text, _ in said(served.server, id_)] == [
        "one",
        "You said: one ",
        "two",
        "You said: two ",
        "three",
        "You said: three ",
    ]


def test_ctrl_c_stops_the_answer_and_not_the_conversation(served: Served) -> None:
    with chatting(served.command) as terminal:
        terminal.type(f"{ENDLESS}\n")
        terminal.read_until("You said: word0 word1 ")
        terminal.type(CTRL_C)
        assert "[stopped]\n" in terminal.read_until(PROMPT)
        terminal.type("half a li")
        terminal.read_until("half a li")
        terminal.press_until(CTRL_C, PROMPT)
        terminal.type("two\n")
        terminal.read_until("You said: two ")
        terminal.read_until(PROMPT)
        first, cut, *rest = said(served.server, leave(terminal))
    assert first == ("user", ENDLESS, "completed")
    assert cut[1].startswith("You said: word0 word1 ")
    assert cut[2] == "stopped"
    assert rest == [("user", "two", "completed"), ("assistant", "You said: two ", "completed")]


def test_a_server_killed_in_the_middle_and_started_again(slow: Command, serving: Serving) -> None:
    with chatting(slow) as terminal:
        terminal.type("one\n")
        terminal.read_until("You said: one \n")
        terminal.read_until(PROMPT)
        terminal.type(f"{LONG}\n")
        terminal.read_until("You said: word0 word1 ")
        serving.process.kill()
        serving.process.wait()
        with slow.serving() as second:
            assert second.url != serving.url
            shown = terminal.read_until("Once more:")
            told = r"(word\d+ )*\n\n\[The server was started again .*Once more:"
            assert re.fullmatch(told, shown)
            assert terminal.read_until(PROMPT) == f"]\nYou said: {LONG} \n{PROMPT}"
            assert said(second, leave(terminal)) == [
                ("user", "one", "completed"),
                ("assistant", "You said: one ", "completed"),
                ("user", LONG, "completed"),
                ("assistant", f"You said: {LONG} ", "completed"),
            ]


def test_a_server_stopped_in_the_middle_and_started_again_goes_on_seamlessly(
    slow: Command, serving: Serving
) -> None:
    """The server lets the answer end before it stops; the rest is had from the next one."""
    with chatting(slow) as terminal:
        terminal.type(f"{LONG}\n")
        terminal.read_until("You said: word0 word1 ")
        serving.process.send_signal(signal.SIGTERM)
        serving.process.wait()
        with slow.serving():
            rest = LONG.removeprefix("word0 word1 ")
            assert terminal.read_until(PROMPT) == f"{rest} \n{PROMPT}"


def test_a_failed_answer_can_be_asked_for_again(slow: Command, model_url: str) -> None:
    slow.environment["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"
    with slow.serving() as failing, chatting(slow) as it:
        it.type("\n")
        it.read_until(PROMPT)
        it.type("one\n")
        assert "Press Enter to try again.]" in it.read_until(PROMPT)
        failing.process.send_signal(signal.SIGTERM)
        failing.process.wait()
        slow.environment["OPENAI_BASE_URL"] = model_url
        with slow.serving() as working:
            it.type("\n")
            assert "You said: one \n" in it.read_until(PROMPT)
            assert [text for _, text, _ in said(working, leave(it))] == ["one", "You said: one "]


def test_a_pipe_instead_of_a_terminal(served: Served) -> None:
    done = subprocess.run(
        [*COMMAND, "chat"],
        env=served.command.environment,
        input=b"one \xff\n\ntwo",
        capture_output=True,
        check=True,
    )
    assert b"You said: one \xef\xbf\xbd \nYou said: two \n" in done.stdout


def test_no_such_conversation(served: Served) -> None:
    done = served.command.run_here("chat", "nonsense")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
