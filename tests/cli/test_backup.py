"""`parlez backup`"""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.conftest import Served
from tests.support.command import Command
from tests.support.terminal import Terminal

from parlez.storage.sqlite.look import copy

# Writes pairs that always add up to zero, as fast as it can, and says when it began.
WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for number in range(10**9):
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO pair VALUES (?, zeroblob(2000))", (number,))
    connection.execute("INSERT INTO pair VALUES (?, zeroblob(2000))", (-number,))
    connection.execute("COMMIT")
    if number == 10:
        print("writing", flush=True)
"""


@pytest.fixture
def database(command: Command) -> Path:
    """A database of 20 MB."""
    command.data.mkdir()
    path = command.data / "parlez.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE pair (number, ballast)")
        rows = ((sign * number,) for number in range(10_000) for sign in (1, -1))
        connection.executemany("INSERT INTO pair VALUES (?, zeroblob(1000))", rows)
        connection.commit()
    return path


def test_a_copy_while_a_program_writes_without_a_pause(command: Command, database: Path) -> None:
    target = command.folder / "copy.db"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, database], stdout=subprocess.PIPE
    ) as writer:
        try:
            assert writer.stdout
            writer.stdout.readline()
            done = command.run("backup", str(target))
        finally:
            writer.kill()
    assert (done.returncode, done.stderr) == (0, "")
    assert "checked" in done.stdout
    assert target.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(target)) as connection:
        [(total, rows)] = connection.execute("SELECT sum(number), count(*) FROM pair")
        assert total == 0
        assert rows > 20_000
    assert {path.name for path in command.folder.iterdir()} == {"copy.db", "data"}


def test_what_is_written_during_the_copy_neither_gets_in_nor_delays_it(
    database: Path, tmp_path: Path
) -> None:
    steps = []
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:

        def write(total: int, left: int) -> None:
            steps.append(left)
            assert len(steps) < 100, "it begins again and again"
            writer.execute("INSERT INTO pair VALUES (1000000, zeroblob(5000))")

        copy(database, tmp_path / "copy.db", write)
    assert steps == sorted(steps, reverse=True)
    assert len(steps) > 3
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert list(connection.execute("SELECT max(number) FROM pair")) == [(9_999,)]


def test_what_was_said_to_a_running_server_is_in_it(served: Served) -> None:
    command = served.command
    command.run_here("ask", "remember me")
    done = command.run("backup", "copy.db", "--json")
    assert json.loads(done.stdout)["source"] == str(command.data / "parlez.db")
    assert b"You said: remember me" in (command.folder / "copy.db").read_bytes()


def test_nothing_is_replaced_unasked(command: Command, database: Path) -> None:
    target = command.folder / "copy.db"
    target.write_text("dear to me")
    refused = command.run_here("backup", str(target))
    assert (refused.returncode, "--force" in refused.stderr) == (1, True)
    assert target.read_text() == "dear to me"
    assert command.run_here("backup", str(target), "--force").returncode == 0
    assert target.read_bytes().startswith(b"SQLite format 3")
    assert command.run_here("backup", str(database), "--force").returncode == 2


def test_a_damaged_database_makes_no_backup(command: Command, database: Path) -> None:
    with database.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 5)
    done = command.run_here("backup", str(command.folder / "copy.db"))
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert {path.name for path in command.folder.iterdir()} == {"data"}


def test_progress_is_shown_at_a_terminal(command: Command, database: Path) -> None:
    arguments = [sys.executable, "-m", "parlez", "backup", str(command.folder / "copy.db")]
    with Terminal.running(arguments, command.environment | {"TERM": "xterm"}) as terminal:
        assert "Copying" in terminal.read_until("100%")
        terminal.read_until("checked")
        assert terminal.process.wait(10) == 0


def test_no_database(command: Command) -> None:
    done = command.run_here("backup", str(command.folder / "copy.db"))
    assert (done.returncode, "There is no database" in done.stderr) == (1, True)
    assert not os.path.lexists(command.data)
