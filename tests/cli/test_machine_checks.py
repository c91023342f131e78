"""What `parlez doctor` says of machines that are not this one."""

import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from parlez.cli.finding import Verdict
from parlez.cli.machine_checks import check_clock, check_disk, check_file_system


@pytest.mark.parametrize(
    ("mounts", "verdict", "said"),
    [
        ("/dev/sda1 / ext4 rw 0 0\n", Verdict.OK, "ext4"),
        ("/dev/sda1 / ext4 rw 0 0\nnas:/x {} nfs4 rw 0 0\n", Verdict.WARNING, "nfs4"),
        ("nas:/x / nfs4 rw 0 0\n/dev/sda1 {} ext4 rw 0 0\n", Verdict.OK, "ext4"),
        ("/dev/sda1 / ext4 rw 0 0\nu@h:/ {}/else fuse.sshfs rw 0 0\n", Verdict.OK, "ext4"),
        ("/dev/sda1 / ext4 rw 0 0\nu@h:/ {} fuse.sshfs rw 0 0\n", Verdict.WARNING, "sshfs"),
    ],
)
def test_networks(tmp_path: Path, mounts: str, verdict: Verdict, said: str) -> None:
    place = tmp_path / "my data"
    place.mkdir()
    table = tmp_path / "mounts"
    table.write_text(mounts.format(str(place).replace(" ", "\\040")))
    found = check_file_system(place / "parlez.db", table)
    assert found.verdict is verdict
    assert said in found.told


def test_systems_that_do_not_tell(tmp_path: Path) -> None:
    assert check_file_system(tmp_path, tmp_path / "none").verdict is Verdict.OK


@pytest.mark.parametrize(
    ("free", "verdict"),
    [
        (2_000_000_000, Verdict.OK),
        (500_000_000, Verdict.WARNING),
        (50_000_000, Verdict.WRONG),
    ],
)
def test_room(tmp_path: Path, free: int, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert check_disk(tmp_path / "not" / "there").verdict is verdict


def test_a_clock_that_was_set_back(tmp_path: Path) -> None:
    database = tmp_path / "parlez.db"
    assert check_clock(database).verdict is Verdict.OK
    database.touch()
    assert check_clock(database).verdict is Verdict.OK
    tomorrow = time.time() + 86_400
    os.utime(database, (tomorrow, tomorrow))
    assert check_clock(database).verdict is Verdict.WRONG
