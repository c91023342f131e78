"""`parlez apps`"""

import json
import urllib.error
import urllib.request
import uuid

from tests.cli.conftest import Served
from tests.support.command import Command


def said(url: str) -> int:
    headers = {
        "Content-Type": "application/json",
        "x-vanusai-model": "gpt-4",
        "x-vanusai-sessionid": str(uuid.uuid4()),
    }
    request = urllib.request.Request(url, b'{"prompt": "Hi"}', headers)
    try:
        with urllib.request.urlopen(request) as answer:
            code: int = answer.status
            return code
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def test_an_app_from_its_making_to_its_end(served: Served) -> None:
    run = served.command.run_here
    made = run("apps", "create", "Help desk", "--model", "gpt-4", "--visitor-hour", "30")
    url = made.stdout.strip()
    assert url.startswith(f"{served.server.url}/apps/")
    assert "Help desk" in made.stderr
    assert url not in made.stderr
    assert said(url) == 200

    [row] = json.loads(run("apps", "list", "--json").stdout)
    assert (row["url"], row["models"]) == (url, ["gpt-4"])
    assert row["limits"]["visitor"] == {"hour": 30, "day": None}
    assert row["limits"]["total"] == {"hour": None, "day": 2_000}
    assert url not in run("apps", "list").stdout
    shown = run("apps", "show", row["id"]).stdout
    assert url in shown
    assert "30 messages an hour" in shown

    assert run("apps", "pause", row["id"]).returncode == 0
    assert said(url) == 403
    assert "paused" in run("apps", "list").stdout
    assert run("apps", "resume", row["id"]).returncode == 0
    rotated = run("apps", "rotate-url", row["id"]).stdout.strip()
    assert [said(each) for each in (url, rotated)] == [404, 200]
    assert run("apps", "delete", row["id"]).returncode == 0
    assert said(rotated) == 404
    assert "no apps" in run("apps", "list").stderr


def test_it_needs_no_server(command: Command) -> None:
    made = command.run_here(
        *("apps", "create", "x", "--model", "gpt-4", "--key-required", "--total-day", "0"),
        *("--origin", "https://example.com", "--json"),
    )
    app = json.loads(made.stdout)
    assert (app["key_required"], app["origins"]) == (True, ["https://example.com"])
    assert app["limits"]["total"] == {"hour": None, "day": None}
    unknown = command.run_here("apps", "show", "../x")
    assert (unknown.returncode, "Error: " in unknown.stderr) == (1, True)
