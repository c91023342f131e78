"""A server whose vendor is down: fallback, breaker, costs, through the door."""

from pathlib import Path

import pytest
from tests.support.server import run_server
from tests.support.vendor import Reply, Vendor

from parlez.providers.breaker import MOST_FAILURES

START = {"user_id": "1", "message": "a marker of mine"}


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parlez.providers.connection._BACKOFF", (0.001,))


async def test_a_dead_vendor_is_left_alone_and_another_answers(
    data_dir: Path, vendor: Vendor
) -> None:
    dead = {"anthropic_api_key": "sk-1", "anthropic_base_url": "http://127.0.0.1:9"}
    fields = {"openai_api_key": "sk-2", "openai_base_url": vendor.url, **dead}
    async with run_server(
        data_dir, fallback="gpt-4o", default_model="claude-3-opus", **fields
    ) as parlez:
        for _ in range(MOST_FAILURES + 1):
            answer = await parlez.call("POST", "/conversations/start", START)
            assert answer.status == 200
        turn = await parlez.call("GET", f"/turns/{answer.headers['parlez-turn-id']}")
        assert turn.body["model"] == "gpt-4o"
        assert turn.body["cost_microdollars"] == int(7 * 2.5 + 6 * 10 + 0.5)
        ready = await parlez.call("GET", "/health/ready")
        assert ready.status == 200
        assert "Anthropic: open after 5 failures" in ready.body["parts"]["models"]["state"]
        metrics = (await parlez.call("GET", "/metrics")).body.decode()
        assert 'parlez_turn_seconds_count{model="gpt-4o",state="completed"} 6.0' in metrics
        assert 'parlez_cost_dollars_total{model="gpt-4o"}' in metrics
        assert "parlez_unpriced_turns_total{" not in metrics


async def test_a_vendor_that_is_left_alone_says_when_to_come_back(
    data_dir: Path, vendor: Vendor
) -> None:
    vendor.reply = lambda _: Reply(status=500)
    fields = {"openai_api_key": "sk-2", "openai_base_url": vendor.url}
    async with run_server(data_dir, **fields) as parlez:
        for _ in range(MOST_FAILURES):
            assert (await parlez.call("POST", "/conversations/start", START)).status == 502
        asked = len(vendor.asked)
        answer = await parlez.call("POST", "/conversations/start", START)
        assert answer.status == 503
        assert 1 <= int(answer.headers["retry-after"]) <= 30
        assert "left alone" in answer.body["detail"]
        assert len(vendor.asked) == asked


async def test_an_unknown_price_is_an_alarm(
    data_dir: Path, vendor: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    fields = {"qianfan_api_key": "sk-2", "qianfan_base_url": vendor.url}
    async with run_server(data_dir, **fields) as parlez:
        for _ in range(2):
            answer = await parlez.call("POST", "/conversations/start", START)
        turn = await parlez.call("GET", f"/turns/{answer.headers['parlez-turn-id']}")
        assert turn.body["model"] == "ernie-5.1"
        assert turn.body["usage"]["prompt_tokens"] == 7
        assert turn.body["cost_microdollars"] is None
        metrics = (await parlez.call("GET", "/metrics")).body.decode()
        assert 'parlez_unpriced_turns_total{model="ernie-5.1"} 2.0' in metrics
    alarms = [record for record in caplog.records if "price of ernie-5.1" in record.getMessage()]
    assert len(alarms) == 1
