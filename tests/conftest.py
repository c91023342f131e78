"""Fixtures that several folders use."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.server import Running, run_server
from support.vendor import Vendor


@pytest.fixture(autouse=True)
def _no_outside_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see the defaults, whatever is set on the machine they run on."""
    for name in os.environ:
        if name.startswith(("PARLEZ_", "OPENAI_")) or name in ("HOST", "PORT", "DATABASE_URL"):
            monkeypatch.delenv(name)


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    """A model server that echoes, unless a test makes it do something else."""
    vendor = Vendor()
    async with vendor.serving():
        yield vendor


@pytest.fixture
async def parlez(tmp_path: Path, vendor: Vendor) -> AsyncIterator[Running]:
    """A server whose model is `vendor`."""
    async with run_server(
        tmp_path, openai_api_key="sk-test", openai_base_url=vendor.url
    ) as running:
        yield running
