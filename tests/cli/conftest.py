"""The command, and a model that answers slowly enough to be disturbed."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.command import Command, Serving

PACE_SECONDS = 0.05


@dataclass
class Served:
    """A server that many tests share, and the command on its data."""

    command: Command
    server: Serving

    def log(self) -> str:
        return (self.command.folder / "log").read_text()


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    """A model server of its own process, which says back what it is told, word by word."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.vendor", str(PACE_SECONDS)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        # It complains of answers that are stopped.
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def use_model(command: Command, model_url: str) -> Command:
    command.environment |= {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": model_url}
    return command


@pytest.fixture
def slow(command: Command, model_url: str) -> Command:
    """The command, with that model for all questions."""
    return use_model(command, model_url)


@pytest.fixture
def serving(slow: Command) -> Iterator[Serving]:
    """A server of the test's own, which it may kill."""
    with slow.serving() as serving:
        yield serving


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, model_url: str) -> Iterator[Served]:
    command = use_model(Command(tmp_path_factory.mktemp("served")), model_url)
    with command.serving() as serving:
        yield Served(command, serving)
