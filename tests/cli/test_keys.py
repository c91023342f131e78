"""`parlez keys`"""

import json
import re
import urllib.error
import urllib.request

from tests.cli.conftest import Served
from tests.support.command import Command


def status(url: str, key: str) -> int:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request) as answer:
            code: int = answer.status
            return code
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def test_a_key_from_its_making_to_its_end(served: Served) -> None:
    metrics = f"{served.server.url}/metrics"
    made = served.command.run_here(
        "keys", "create", "my site", "--scope", "metrics", "--expires", "3"
    )
    key = made.stdout.removesuffix("\n")
    assert re.fullmatch(r"pz_[0-9a-f]{16}_[\w-]{43}", key)
    assert "shown" in made.stderr
    assert key not in made.stderr
    assert status(metrics, key) == 200
    assert status(f"{served.server.url}/api/keys", key) == 403

    listed = served.command.run_here("keys", "list").stdout
    assert "my site" in listed
    assert key.rpartition("_")[2] not in listed
    rows = json.loads(served.command.run_here("keys", "list", "--json").stdout)
    row = next(row for row in rows if row["name"] == "my site")
    assert row["scopes"] == ["metrics"]
    assert row["expires_at"] > row["created_at"]

    assert served.command.run_here("keys", "revoke", row["id"]).returncode == 0
    assert status(metrics, key) == 401
    assert "revoked" in served.command.run_here("keys", "list").stdout


def test_a_key_is_rotated(served: Served) -> None:
    me = f"{served.server.url}/api/auth/me"
    old = served.command.run_here("keys", "create", "turns round").stdout.strip()
    rotated = served.command.run_here("keys", "rotate", old.split("_")[1], "--overlap", "0")
    assert rotated.returncode == 0
    assert [status(me, key) for key in (old, rotated.stdout.strip())] == [401, 200]


def test_it_needs_no_server(command: Command) -> None:
    key = command.run_here("keys", "create", "me").stdout.strip()
    [row] = json.loads(command.run_here("keys", "list", "--json").stdout)
    assert key.startswith(f"pz_{row['id']}_")
    assert row["scopes"] == ["data"]
    unknown = command.run_here("keys", "revoke", "../x")
    assert (unknown.returncode, "Error: " in unknown.stderr) == (1, True)
