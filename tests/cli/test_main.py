"""What all commands have in common."""

import json
import platform
import sqlite3
import subprocess
import sys

import pytest
from tests.cli.conftest import Served
from tests.support.command import Command

import parlez

HEAVY = ("fastapi", "sqlalchemy", "pydantic", "aiohttp", "uvicorn")


@pytest.mark.parametrize("arguments", [["--help"], ["version"], ["serve", "--help"]])
def test_what_needs_nothing_heavy_imports_nothing_heavy(arguments: list[str]) -> None:
    look = (
        "import sys; from parlez.cli.main import parlez; "
        f"parlez.main({arguments}, standalone_mode=False); "
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_version(command: Command) -> None:
    assert json.loads(command.run_here("version", "--json").stdout) == {
        "parlez": parlez.__version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    said = command.run_here("version").stdout
    assert said.startswith(f"parlez {parlez.__version__} (Python 3.")
    assert command.run_here("--version").stdout == said


def test_wrong_usage_is_2(command: Command) -> None:
    done = command.run_here("serve", "--port", "99999")
    assert done.returncode == 2
    assert "--port" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "name", "value", "said"),
    [
        (["serve"], "PORT", "many", "Error: PORT: "),
        (["backup", "x"], "DATABASE_URL", "mysql://x", "Error: DATABASE_URL cannot be used"),
        (["models"], "PARLEZ_CONFIG", "/none.toml", "Error: PARLEZ_CONFIG names /none.toml"),
        (["keys", "list"], "PARLEZ_DATA_DIR", "/proc/none", "Error: [Errno 2]"),
    ],
)
def test_a_failure_is_a_line_and_1(
    command: Command, arguments: list[str], name: str, value: str, said: str
) -> None:
    command.environment[name] = value
    done = command.run_here(*arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def test_another_owner_is_named(served: Served) -> None:
    done = served.command.run_here("serve", "--port", "0")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Error: Another Parlez")
    assert served.server.url in done.stderr
