"""The real command, run as a user runs it, on a data folder of its own."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from parlez.cli.main import parlez

COMMAND = (sys.executable, "-m", "parlez")


@dataclass
class Serving:
    """A running server, and what it said when it was ready."""

    process: "subprocess.Popen[str]"
    welcome: str

    @property
    def url(self) -> str:
        return self.told("Address")

    def told(self, name: str) -> str:
        """What stands beside a name."""
        lines = (line.split(maxsplit=len(name.split())) for line in self.welcome.splitlines())
        return next(line[-1] for line in lines if " ".join(line[:-1]) == name)

    @property
    def example(self) -> str:
        """The call to try."""
        return self.welcome[self.welcome.index("curl ") :]


class Command:
    """Runs `parlez` in a folder, with settings of its own and none of the machine's."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.data = folder / "data"
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "PARLEZ_DATA_DIR": str(self.data),
            "WEBSOCKET_PORT": "0",
        }

    def run(self, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*COMMAND, *arguments],
            check=False,
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=50,
        )

    def run_here(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """The same in the test's own process, which is quicker: for commands that start nothing."""
        with _logs_kept():
            done = CliRunner().invoke(
                parlez, [*arguments], prog_name="parlez", env=self.environment
            )
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    @contextmanager
    def serving(self, *arguments: str) -> Iterator[Serving]:
        """A server, killed at the end if it still runs."""
        with (
            (self.folder / "log").open("w") as log,
            subprocess.Popen(
                [*COMMAND, "serve", "--port", "0", *arguments],
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            ) as process,
        ):
            try:
                yield Serving(process, _until_ready(process))
            finally:
                process.kill()


@contextmanager
def _logs_kept() -> Iterator[None]:
    """A command that has a server of its own sends all logs of the process elsewhere."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)


def _until_ready(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if "-d '{" in line:
            return said
    raise AssertionError(f"the server ended and said {said!r}")
