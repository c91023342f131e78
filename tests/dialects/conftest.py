"""The dialects are the same on each kind of database."""

import pytest


@pytest.fixture
def server_database(database_url: str) -> str | None:
    return database_url
