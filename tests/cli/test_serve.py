"""`parlez serve`"""

import resource
import signal
import socket
import subprocess

import pytest
from tests.cli.conftest import Served
from tests.support.command import Command

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_it_leaves_cleanly(command: Command, name: signal.Signals) -> None:
    with command.serving() as serving:
        serving.process.send_signal(name)
        assert serving.process.wait(10) == 0
    assert (command.folder / "log").read_text() == ""
    assert not (command.data / "server.json").exists()


def test_it_takes_as_many_files_as_it_may(command: Command) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        with command.serving() as serving:
            limits = resource.prlimit(serving.process.pid, resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert limits == (65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536), hard)


def test_it_says_where_everything_is(served: Served) -> None:
    serving, data = served.server, served.command.data
    assert serving.told("API") == f"{serving.url}/docs"
    assert serving.told("WebSocket") == f"{serving.url.replace('http', 'ws')}/ws"
    assert serving.told("Data folder") == str(data)
    assert serving.told("Database") == str(data / "parlez.db")
    assert serving.told("Model").startswith("gpt-4o answers")
    assert serving.told("Key") == "not needed from this machine"
    assert "network" not in serving.welcome


def test_its_example_works_when_pasted(served: Served) -> None:
    answered = _paste(served.command, served.server.example)
    assert '"reply":"You said: What is the capital of France? "' in answered.replace('": "', '":"')


def test_its_example_makes_a_key_where_one_is_needed(slow: Command) -> None:
    with slow.serving("--host", "0.0.0.0") as serving:
        assert "others on the network can reach this server" in serving.welcome
        assert serving.told("Key").startswith("needed")
        assert serving.url.startswith("http://127.0.0.1:")
        assert "You said: What is the capital" in _paste(slow, serving.example)
        code = serving.told("Owner code").split()[0]
        assert len(code) == 22


def test_it_reads_dotenv_and_says_so(command: Command, model_url: str) -> None:
    (command.folder / ".env").write_text(
        f"OPENAI_API_KEY=sk-test\nOPENAI_BASE_URL={model_url}\nDATABASE_URL=sqlite:///./here.db\n"
    )
    with command.serving() as serving:
        assert serving.told("Settings") == "the environment and .env"
        assert serving.told("Database") == str(command.folder / "here.db")
        assert serving.told("Model").startswith("gpt-4o")


def test_dotenvs_address_gets_no_key_of_the_environment(command: Command) -> None:
    (command.folder / ".env").write_text("GROQ_BASE_URL=https://evil.example/v1\n")
    command.environment["GROQ_API_KEY"] = "gsk-secret"
    done = command.run("serve", "--port", "0")
    assert done.returncode == 1
    assert "GROQ_BASE_URL comes from .env and GROQ_API_KEY from the environment" in done.stderr
    assert "gsk-secret" not in done.stderr


def test_no_other_command_reads_dotenv(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(command.folder)
    (command.folder / ".env").write_text("OPENAI_API_KEY=sk-test\n")
    assert "Set OPENAI_API_KEY" in command.run_here("models").stdout


def test_a_named_file_of_settings_must_be_there(command: Command) -> None:
    assert command.run_here("serve", "--env-file", "none").returncode == 2


def test_a_taken_port(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = command.run("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "Error: Could not listen on 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr


def _paste(command: Command, text: str) -> str:
    done = subprocess.run(
        ["sh", "-c", text], env=command.environment, capture_output=True, text=True, check=True
    )
    return done.stdout
