"""The parts of the pages, as a browser finds them: from the page on, by what each names."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urljoin

import pytest
import pytest_asyncio
from tests.support.server import Answer, Running, run_server

NAMED = re.compile(r'(?:href="|src="|from "|addModule\(")(/[^"]+|\./[^"]+)"')
TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parlez(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with run_server(tmp_path_factory.mktemp("pages")) as running:
        yield running


async def parts(parlez: Running, page: str) -> dict[str, Answer]:
    """All that a page loads, and what is loaded by that."""
    found: dict[str, Answer] = {}
    unread = [page]
    while unread:
        address = unread.pop()
        answer = await parlez.call("GET", address)
        found[address] = answer
        named = {urljoin(address, each) for each in NAMED.findall(answer.body.decode())}
        unread += sorted(named - found.keys())
    del found[page]
    return found


async def an_app(parlez: Running) -> str:
    made = await parlez.call("POST", "/api/apps", {"name": "Desk", "models": ["gpt-4"]})
    return str(made.body["chat_url"]).removeprefix(parlez.url)


@pytest.mark.parametrize("page", ["/apps", "/assistants/1/try", "/voice"])
async def test_all_that_a_page_loads_is_there(parlez: Running, page: str) -> None:
    address = await an_app(parlez) if page == "/apps" else page
    found = await parts(parlez, address)
    assert {"/page/chat.css", "/page/patience.js", "/page/text.js"} <= found.keys()
    for name, answer in found.items():
        assert answer.status == 200, name
        assert answer.headers["content-type"] == TYPES[name.rpartition(".")[2]]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("known", ["{}", '"other", W/{}'])
async def test_a_part_is_sent_once_and_asked_for_each_time(parlez: Running, known: str) -> None:
    first = await parlez.call("GET", "/page/text.js")
    assert first.headers["cache-control"] == "no-cache"
    tag = first.headers["etag"]
    again = await parlez.call("GET", "/page/text.js", headers={"If-None-Match": known.format(tag)})
    assert (again.status, again.headers["etag"], len(again.body or b"")) == (304, tag, 0)
    other = await parlez.call("GET", "/page/uuid.js", headers={"If-None-Match": tag})
    assert other.status == 200


async def test_nothing_else_of_the_package_is_served(parlez: Running) -> None:
    for name in ("__init__.py", "..%2Fgate.py", "../gate.py"):
        assert (await parlez.call("GET", f"/page/{name}")).status == 404
