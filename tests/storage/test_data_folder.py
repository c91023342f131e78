"""The folder that one process owns."""

from pathlib import Path

import pytest

from parlez.storage.data_folder import DataFolder, InUse, Owner


def test_it_is_private(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data", tmp_path / "data" / "parlez.db")
    folder.acquire()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    assert (tmp_path / "data" / "parlez.db").stat().st_mode & 0o077 == 0
    folder.announce(Owner(1, "http://127.0.0.1:1", "geheim"))
    assert (tmp_path / "data" / "server.json").stat().st_mode & 0o077 == 0
    folder.release()


def test_a_second_owner_is_refused_and_told_where_the_first_is(tmp_path: Path) -> None:
    first = DataFolder(tmp_path, tmp_path / "parlez.db")
    second = DataFolder(tmp_path, tmp_path / "parlez.db")
    first.acquire()
    first.announce(Owner(77, "http://127.0.0.1:8000", "geheim"))
    with pytest.raises(InUse, match=r"process 77, at http://127.0.0.1:8000") as refused:
        second.acquire()
    assert "geheim" not in str(refused.value)
    assert second.owner() == Owner(77, "http://127.0.0.1:8000", "geheim")
    first.release()
    assert second.owner() is None, "whoever is gone is no owner, whatever the file says"
    second.acquire()
    second.release()


@pytest.mark.parametrize("place", ["shared.db", "one/parlez.db", "two/parlez.db"])
def test_a_database_has_one_owner_wherever_it_lies(tmp_path: Path, place: str) -> None:
    database = tmp_path / place
    first = DataFolder(tmp_path / "one", database)
    second = DataFolder(tmp_path / "two", database)
    first.acquire()
    with pytest.raises(InUse):
        second.acquire()
    first.release()
    second.acquire()
    second.release()
