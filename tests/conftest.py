"""Fixtures that several folders use."""

import gc
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.postgres import Postgres, running_postgres
from tests.support.server import Running, run_server
from tests.support.store import Stores, open_stores
from tests.support.vendor import Vendor
from xdist.scheduler import LoadScopeScheduling

from parlez.providers.row_files import read_rows
from parlez.speech.setting_up import VARIABLES
from parlez.storage.sqlite.migrate import migrate

VENDORS_VARIABLES = read_rows().variables

TESTS = Path(__file__).parent
LONGEST = ("cli", "system", "knowledge", "storage", "providers", "dialects", "test_documents.py")


def pytest_configure() -> None:
    """A shell that has the tests run in the background tells them to ignore Ctrl-C, and whatever
    they start would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What the tests import and are stays until their end: the collector need not look through it
    time and again, which took a third of the time until the first test."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


class ByFile(LoadScopeScheduling):
    """Processes that share the tests get them by files, which have servers of their own; those of
    the command share one server, and so a process."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/cli" if file.startswith("tests/cli/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, or the others would wait for it at the end."""
    items.sort(key=lambda item: _order(item.path.relative_to(TESTS).parts[0]))


def _order(folder: str) -> int:
    return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)


@pytest.fixture(autouse=True)
def _no_outside_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see the defaults, whatever is set on the machine they run on."""
    named = {"HOST", "PORT", "WEBSOCKET_PORT", "DATABASE_URL", "DEFAULT_MODEL", "LOCAL_OWNER"}
    named |= {*VENDORS_VARIABLES, *VARIABLES}
    for name in os.environ:
        if name.startswith("PARLEZ_") or name in named:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the schema and nothing in it, to be copied."""
    path = tmp_path_factory.mktemp("schema") / "parlez.db"
    migrate(path)
    return path


@pytest.fixture
def data_dir(tmp_path: Path, migrated: Path) -> Path:
    """A data folder whose database needs no migration, which saves each test some time."""
    shutil.copy(migrated, tmp_path / "parlez.db")
    return tmp_path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as postgres:
        yield postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database of each kind, with the schema."""
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        with postgres.lend() as url:
            yield url
    else:
        data_dir: Path = request.getfixturevalue("data_dir")
        yield f"sqlite:///{data_dir / 'parlez.db'}"


@pytest.fixture
async def stores(database_url: str) -> AsyncIterator[Stores]:
    """The stores over each kind of database."""
    async with open_stores(database_url) as stores:
        yield stores


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    """A model server that echoes, unless a test makes it do something else."""
    vendor = Vendor()
    async with vendor.serving():
        yield vendor


@pytest.fixture
def server_database() -> str | None:
    """The database of `parlez`; without a URL the one in its data folder."""
    return None


@pytest.fixture
async def parlez(
    data_dir: Path, vendor: Vendor, server_database: str | None
) -> AsyncIterator[Running]:
    """A server whose model is `vendor`."""
    async with run_server(
        data_dir,
        openai_api_key="sk-test",
        openai_base_url=vendor.url,
        database_url=server_database,
    ) as running:
        yield running
