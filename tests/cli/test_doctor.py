"""`parlez doctor`"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.conftest import Served
from tests.support.command import Command

from parlez.storage import schema


@pytest.fixture
def data(command: Command, migrated: Path) -> Path:
    """A data folder with a sound database."""
    command.data.mkdir(mode=0o700)
    database = command.data / "parlez.db"
    database.touch(mode=0o600)
    database.write_bytes(migrated.read_bytes())
    return command.data


def look(command: Command) -> tuple[int, dict[str, dict[str, str]]]:
    done = command.run_here("doctor", "--json")
    assert done.stderr == ""
    return done.returncode, {finding["subject"]: finding for finding in json.loads(done.stdout)}


def test_a_folder_that_is_not_there_yet(command: Command) -> None:
    done = command.run_here("doctor")
    assert done.returncode == 0
    assert "✓ data folder" in done.stdout
    assert "✗" not in done.stdout
    assert not command.data.exists()


def test_all_is_well_and_stays_as_it_is(command: Command, data: Path) -> None:
    before = {path.name: (path.read_bytes(), path.stat()) for path in data.iterdir()}
    code, findings = look(command)
    assert code == 0
    assert {finding["verdict"] for finding in findings.values()} <= {"ok", "warning"}
    assert findings["schema"]["told"] == schema.HEAD
    after = {path.name: (path.read_bytes(), path.stat()) for path in data.iterdir()}
    for name in before:
        assert after[name][0] == before[name][0]
        assert after[name][1].st_mtime_ns == before[name][1].st_mtime_ns
    assert after.keys() == before.keys()


def test_a_running_server(served: Served) -> None:
    code, findings = look(served.command)
    assert code == 0
    assert served.server.url in findings["server"]["told"]


def test_a_server_that_is_not_well(command: Command) -> None:
    command.environment["PARLEZ_LOCAL_MODEL_PATH"] = str(command.folder / "none.gguf")
    with command.serving():
        code, findings = look(command)
    assert code == 1
    assert findings["server"]["advice"].startswith("models: No model can be used")
    assert findings["model"]["verdict"] == "wrong"
    # It was killed, and could not take back where it is.
    assert (command.data / "server.json").exists()
    del command.environment["PARLEZ_LOCAL_MODEL_PATH"]
    code, findings = look(command)
    assert (code, findings["server"]["told"]) == (0, "none runs on this data")


@pytest.mark.parametrize("name", ["message", "message_by_conversation"])
def test_a_damaged_database(command: Command, data: Path, name: str) -> None:
    """SQLite gives up at a damaged table, and lists damaged indexes."""
    with closing(sqlite3.connect(data / "parlez.db")) as connection:
        found = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [name])
        page = found.fetchone()[0]
    with (data / "parlez.db").open("r+b") as file:
        file.seek((page - 1) * 4_096)
        file.write(b"\xff" * 4_096)
    code, findings = look(command)
    assert code == 1
    assert "is damaged" in findings["database"]["told"]
    assert "\n" not in findings["database"]["told"]
    assert "backup" in findings["database"]["advice"]


def test_something_else_than_a_database(command: Command, data: Path) -> None:
    (data / "parlez.db").write_text("Dear diary, " * 1_000)
    code, findings = look(command)
    assert (code, findings["database"]["verdict"]) == (1, "wrong")
    assert "not a database" in findings["database"]["told"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DROP TABLE alembic_version", "tables that are not Parlez's"),
        ("UPDATE alembic_version SET version_num = '9999'", "a newer version wrote it"),
    ],
)
def test_a_database_that_is_for_something_else(
    command: Command, data: Path, statement: str, said: str
) -> None:
    with closing(sqlite3.connect(data / "parlez.db", isolation_level=None)) as connection:
        connection.execute(statement)
    code, findings = look(command)
    assert (code, findings["schema"]["verdict"]) == (1, "wrong")
    assert said in findings["schema"]["advice"]


def test_rights_that_are_too_wide(command: Command, data: Path) -> None:
    data.chmod(0o755)
    (data / "parlez.db").chmod(0o644)
    code, findings = look(command)
    assert (code, findings["data folder"]["verdict"]) == (1, "wrong")
    assert findings["data folder"]["advice"] == f"chmod 700 {data}"
    assert findings["rights"]["advice"] == f"chmod 600 {data / 'parlez.db'}"
