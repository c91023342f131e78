"""What the OpenAPI document says is true of every route, whatever it is sent.

schemathesis makes requests out of the document, good and bad ones, and follows ids from one call
into the next. https://schemathesis.readthedocs.io
"""

import asyncio
import sys

import pytest
from tests.support.server import Running

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
)
REQUESTS_PER_ROUTE = 60


@pytest.mark.timeout(1_200)
async def test_every_route_does_what_the_document_says(parlez: Running) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{parlez.url}/openapi.json"),
        *("--header", f"Authorization: Bearer {parlez.server.control_token}"),
        *("--checks", ",".join(CHECKS)),
        *("--max-examples", str(REQUESTS_PER_ROUTE)),
        *("--request-timeout", "30", "--continue-on-failure", "--no-color"),
        *("--generation-database", "none", "--no-shrink", "--warnings", "off"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    report, _ = await process.communicate()
    assert process.returncode == 0, report.decode()
