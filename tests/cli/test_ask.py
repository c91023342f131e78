"""`parlez ask`"""

import json
import os
import pty
import signal
import subprocess
import time

from tests.cli.conftest import Served
from tests.support.command import COMMAND, Command


def test_the_embedded_model_answers_with_no_server_and_no_settings(command: Command) -> None:
    done = command.run("ask", "What is the capital of France?")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Paris" in done.stdout
    assert done.stdout.endswith("\n")
    assert not (command.data / "server.json").exists()


def test_a_running_server_is_used(served: Served) -> None:
    done = served.command.run("ask", "-", "--json", stdin="one two")
    turn = json.loads(done.stdout)
    assert (turn["text"], turn["state"]) == ("You said: one two ", "completed")
    assert "/conversations/start" in served.log()


def test_a_server_elsewhere(served: Served, slow: Command) -> None:
    slow.environment["PARLEZ_URL"] = served.server.url
    slow.environment["PARLEZ_API_KEY"] = "pz_wrong"
    refused = slow.run_here("ask", "one")
    assert refused.returncode == 1
    assert refused.stderr == "Error: This key is not valid. Make one with `parlez keys create`.\n"
    slow.environment["PARLEZ_API_KEY"] = served.command.run_here(
        "keys", "create", "me"
    ).stdout.strip()
    assert slow.run_here("ask", "one").stdout == "You said: one \n"
    assert not slow.data.exists()


def test_no_server_there(command: Command) -> None:
    done = command.run_here("ask", "one", "--url", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: http://127.0.0.1:9 does not answer")
    assert command.run_here("ask", "one", "--url", "localhost").returncode == 2


def test_a_failing_model(slow: Command) -> None:
    slow.environment["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"
    done = slow.run_here("ask", "one", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["state"] == "failed"
    assert done.stderr.startswith("Error: OpenAI")
    assert "Traceback" not in done.stderr


def test_ctrl_c_stops_the_answer(served: Served) -> None:
    asking = subprocess.Popen(
        [*COMMAND, "ask", "one two three four five six seven eight nine ten " * 40],
        env=served.command.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    before = served.log().count("/turns/{turn_id}/stop")
    with asking:
        assert asking.stdout
        assert asking.stdout.read(8) == "You said"
        asking.send_signal(signal.SIGINT)
        said, complained = asking.communicate(timeout=10)
    assert asking.returncode == 130
    assert "Traceback" not in complained
    assert said.endswith("\n")
    assert served.log().count("/turns/{turn_id}/stop") == before + 1


def test_it_does_not_let_an_answer_command_the_terminal(served: Served) -> None:
    evil = "\x1b]0;owned\x07\x9b31m"
    end, other = pty.openpty()
    environment = served.command.environment
    subprocess.run([*COMMAND, "ask", evil], env=environment, stdout=other, check=True)
    shown = os.read(end, 4096).decode()
    os.close(end)
    os.close(other)
    assert shown == "You said: ]0;owned31m \r\n"
    assert served.command.run_here("ask", evil).stdout == f"You said: {evil} \n"


def test_a_server_that_is_starting_is_waited_for(served: Served) -> None:
    command = served.command
    announced = (command.data / "server.json").rename(command.folder / "kept")
    with subprocess.Popen(
        [*COMMAND, "ask", "one"], env=command.environment, stdout=subprocess.PIPE, text=True
    ) as asking:
        time.sleep(1.5)
        announced.rename(command.data / "server.json")
        assert asking.communicate(timeout=10)[0] == "You said: one \n"
