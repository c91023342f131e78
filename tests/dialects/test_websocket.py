"""The WebSocket, by a real client, on both of its ports."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.support.people import Browser, hash_quickly, key_of, second_account
from tests.support.server import Running, run_server
from tests.support.sockets import (
    PATIENCE,
    Place,
    Talker,
    World,
    free_port,
    main_port,
    own_port,
    talking,
)
from tests.support.vendor import Reply, Vendor, echo

from parlez.api.platform.socket import flood, session
from parlez.core.identity import Right, Scope
from parlez.http import socket_protocol

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def world(sockets: World) -> World:
    return sockets


@pytest.fixture
def no_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not for these that a connection looks whether it may still be."""
    monkeypatch.setattr(session, "PING_SECONDS", 10_000)


BOTH_PORTS = pytest.mark.parametrize("place", [main_port, own_port])


async def test_one_is_told_where_it_is(
    world: World, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def told(parlez: Running) -> Any:
        return (await parlez.call("GET", "/api/websocket/config")).body["websocket"]

    port = world.parlez.services.sockets.port
    url = f"ws://127.0.0.1:{port}"
    assert await told(world.parlez) == {"url": url, "port": port}
    async with world.talker(lambda _: url) as talker:
        await talker.init(user_id="me")
    headers = {"Host": "nobody:knows", **await second_account(world.parlez)}
    odd = await world.parlez.call("GET", "/api/websocket/config", headers=headers)
    assert odd.status == 400
    monkeypatch.setattr(world.parlez.services.sockets, "port", None)
    main = main_port(world.parlez)
    assert await told(world.parlez) == {"url": main, "port": int(main.split(":")[2][:-3])}
    async with run_server(data_dir, public_url="https://talk.example/") as public:
        headers = {"Authorization": f"Bearer {public.server.control_token}"}
        answer = await public.call("GET", "/api/websocket/config", headers=headers)
        assert answer.body["websocket"] == {"url": "wss://talk.example/ws", "port": 443}


@BOTH_PORTS
async def test_a_conversation_in_writing(world: World, place: Place) -> None:
    async with world.talker(place) as talker:
        ack = await talker.init(user_id="ada", client_info={"name": "test"})
        assert (ack["status"], ack["user_id"]) == ("connected", "ada")
        answer = await talker.ask("Hello there")
        assert answer["text"] == "You said: Hello there "
        assert (answer["model"], answer["state"]) == ("gpt-4o", "completed")
        status = next(each for each in talker.got if each["type"] == "status")
        assert status["status"] == "processing"
        chunks = [each for each in talker.got if each["type"] == "message_chunk"]
        assert "".join(each["chunk"] for each in chunks) == answer["text"]
        assert [each["is_final"] for each in chunks] == [False] * (len(chunks) - 1) + [True]
        named = ("conversation_id", "message_id", "turn_id")
        for each in (*chunks, status):
            assert [each[name] for name in named] == [answer[name] for name in named]
        stages = list(answer["timings"])
        assert stages == ["received", "first_token", "end"]
        assert sorted(answer["timings"].values()) == list(answer["timings"].values())
        again = await talker.ask("More")
        assert again["conversation_id"] == answer["conversation_id"], "it goes on"
    assert answer["conversation_id"].startswith("conv_")
    assert await world.contents(answer["conversation_id"]) == [
        *("Hello there", "You said: Hello there "),
        *("More", "You said: More "),
    ]
    found = await world.parlez.call("GET", "/api/conversations?user_id=ada")
    assert answer["conversation_id"] in [each["id"] for each in found.body["conversations"]]


async def test_options_and_models_are_passed_on(world: World) -> None:
    async with world.talker() as talker:
        await talker.init(model="gpt-4")
        assert (await talker.ask("Hi"))["model"] == "gpt-4"
        options = {"temperature": 0.5, "max_tokens": 7}
        assert (await talker.ask("Hi", model="gpt-4o", options=options))["model"] == "gpt-4o"
        asked = world.vendor.asked[-1]
        assert (asked["temperature"], asked["max_tokens"]) == (0.5, 7)
        await talker.send("message", message="Hi", model="no such model")
        assert (await talker.until("error"))["code"] == "model_not_found"
        await talker.ask("It goes on")


async def test_one_goes_on_with_a_conversation(world: World) -> None:
    async with world.owner() as talker:
        first = await talker.ask("one")
        other = await talker.ask("two", conversation_id=first["conversation_id"])
        assert other["conversation_id"] == first["conversation_id"]
    async with world.talker() as talker:
        ack = await talker.init(user_id="me", conversation_id=first["conversation_id"])
        assert ack["conversation_id"] == first["conversation_id"]
        assert (await talker.ask("three"))["conversation_id"] == first["conversation_id"]
        await talker.init(user_id="me")
        assert (await talker.ask("four"))["conversation_id"] != first["conversation_id"]


async def test_a_message_with_a_key_is_said_once(world: World) -> None:
    async with world.owner() as talker:
        first = await talker.ask("one", idempotency_key="k-1")
    async with world.talker() as talker:
        await talker.init(user_id="me")
        again = await talker.ask("one", idempotency_key="k-1")
        assert again["message_id"] == first["message_id"]
        await talker.send("message", message="two", idempotency_key="k-1")
        assert (await talker.until("error"))["code"] == "idempotency_mismatch"


async def test_answers_are_stopped(world: World) -> None:
    world.vendor.reply = lambda text: Reply([*echo(text).pieces, "end"], gate=asyncio.Event())
    async with world.owner() as talker:
        await talker.send("message", message="Hi")
        await talker.until("message_chunk")
        await talker.send("stop")
        answer = await talker.until("ai_response")
        assert answer["state"] == "stopped"
        assert answer["text"].startswith("You said:")
        assert "end" not in answer["text"]
        await talker.send("stop")
        await talker.send("ping")
        await talker.until("pong")


async def test_an_answer_goes_on_when_its_client_leaves(world: World) -> None:
    gate = asyncio.Event()
    world.vendor.reply = lambda text: Reply(["still ", "here"], gate=gate)
    async with world.owner() as talker:
        await talker.send("message", message="Hi")
        chunk = await talker.until("message_chunk")
    gate.set()
    ended = await world.parlez.services.engine.wait(
        world.parlez.services.accounts.first, chunk["turn_id"].replace("-", "")
    )
    assert ended.text == "still here"


async def test_a_model_that_fails(world: World) -> None:
    world.vendor.reply = lambda text: Reply(status=400)
    async with world.owner() as talker:
        await talker.send("message", message="Hi")
        error = await talker.until("error")
        assert error["code"] == "model_rejected"
        assert error["conversation_id"].startswith("conv_")
        world.vendor.reply = echo
        await talker.ask("Again")


async def test_many_answers_at_once(world: World) -> None:
    async with world.owner() as talker:
        first = await talker.ask("0")
        texts = {f"m{number}" for number in range(5)}
        for text in sorted(texts):
            await talker.send("message", message=text)
        answers = [await talker.until("ai_response") for _ in texts]
        assert {each["conversation_id"] for each in answers} == {first["conversation_id"]}
        assert {each["text"] for each in answers} == {f"You said: {each} " for each in texts}


# Who it is


async def test_a_wrong_key(world: World) -> None:
    async with world.talker() as talker:
        await talker.send("init", api_key="pz_0123456789abcdef_" + "x" * 43)
        assert await talker.ends() == ("unauthenticated", 4401)
    for options in (
        {"params": {"api_key": "nonsense"}},
        {"headers": {"X-API-Key": "nonsense"}},
        {"protocols": ["parlez", "ticket.nonsense"]},
    ):
        async with world.talker(**options) as talker:
            assert await talker.ends() == ("unauthenticated", 4401)


@BOTH_PORTS
async def test_a_key_may_come_in_the_address_or_a_header(world: World, place: Place) -> None:
    headers = await second_account(world.parlez)
    key = headers["Authorization"].removeprefix("Bearer ")
    for options in ({"params": {"api_key": key}}, {"headers": headers}):
        async with world.talker(place, **options) as talker:
            assert (await talker.next())["type"] == "init_ack"
            await talker.ask("Hi")
            await talker.init(user_id="u")
    async with world.talker(params={"api_key": key}, headers={"X-API-Key": "other"}) as talker:
        assert await talker.ends() == ("invalid_input", 4400)


async def test_a_key_in_the_address_can_be_switched_off(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.parlez.services.sockets, "key_in_url", False)
    key = (await second_account(world.parlez))["Authorization"].removeprefix("Bearer ")
    async with world.talker(params={"api_key": key}) as talker:
        assert await talker.ends() == ("unauthenticated", 4401)


async def test_a_ticket_lets_in_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = await second_account(world.parlez)

    async def ticket() -> list[str]:
        made = await world.parlez.call("POST", "/api/websocket/ticket", headers=headers)
        assert (made.status, made.body["expires_in"]) == (201, 60)
        protocols: list[str] = made.body["protocols"]
        assert protocols == ["parlez", made.body["ticket"]]
        return protocols

    protocols = await ticket()
    async with world.talker(protocols=protocols) as talker:
        assert talker.ws.protocol == "parlez", "the ticket is not said back"
        assert (await talker.next())["type"] == "init_ack"
        await talker.ask("Hi")
    async with world.talker(protocols=protocols) as talker:
        assert await talker.ends() == ("unauthenticated", 4401)
    protocols = await ticket()
    now = world.parlez.services.gate.clock.now()

    class Later:
        def now(self) -> int:
            return now + 61_000_000

    monkeypatch.setattr(world.parlez.services.tickets, "_clock", Later())
    async with world.talker(protocols=protocols) as talker:
        assert await talker.ends() == ("unauthenticated", 4401)


async def test_a_ticket_ends_with_its_key(world: World) -> None:
    scope = await world.parlez.services.accounts.create_nameless()
    headers = await key_of(world.parlez, scope)
    made = await world.parlez.call("POST", "/api/websocket/ticket", headers=headers)
    [key] = await world.parlez.services.keys.list(scope)
    await world.parlez.services.keys.revoke(scope, key.id)
    async with world.talker(protocols=made.body["protocols"]) as talker:
        assert await talker.ends() == ("unauthenticated", 4401)


async def test_a_key_for_other_things(world: World) -> None:
    headers = await key_of(
        world.parlez, world.parlez.services.accounts.first, frozenset({Right.KEYS})
    )
    async with world.talker() as talker:
        await talker.send("init", api_key=headers["Authorization"].removeprefix("Bearer "))
        assert await talker.ends() == ("forbidden", 4403)


@BOTH_PORTS
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"X-Forwarded-For": "10.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_the_local_owner_is_told_from_others(
    world: World, place: Place, headers: dict[str, str]
) -> None:
    async with world.talker(place, headers=headers) as talker:
        await talker.send("init", user_id="me")
        assert await talker.ends() == ("unauthenticated", 4401)


@BOTH_PORTS
async def test_our_own_page_may_come(world: World, place: Place) -> None:
    """The page is always from the main port."""
    async with world.talker(place, headers={"Origin": world.parlez.url}) as talker:
        await talker.init(user_id="me")


async def test_a_cookie_does_not_count(world: World) -> None:
    """A browser sends it along for every page."""
    async with world.talker(headers={"Cookie": "parlez_session=x", "Origin": "null"}) as talker:
        await talker.send("init", user_id="me")
        assert await talker.ends() == ("unauthenticated", 4401)


async def test_nobody_says_who_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "INIT_SECONDS", 0.05)
    async with world.talker() as talker:
        assert await talker.ends() == ("init_timeout", 4408)


async def test_what_is_somebody_elses_is_not_there(world: World) -> None:
    async with world.owner() as talker:
        answer = await talker.ask("Mine")
    stranger = await second_account(world.parlez)
    for conversation_id in (answer["conversation_id"], f"conv_{'0' * 32}"):
        async with world.holder(stranger) as talker:
            await talker.send("message", message="Whose?", conversation_id=conversation_id)
            told = await talker.until("error")
            assert (told["code"], told["message"]) == (
                "not_found",
                "There is no such conversation.",
            )
            await talker.send("init", conversation_id=conversation_id)
            assert await talker.until("error") == told
    assert await world.contents(answer["conversation_id"]) == ["Mine", "You said: Mine "]


async def test_limits_hold(world: World) -> None:
    async with world.holder(await second_account(world.parlez)) as talker:
        for number in range(10):
            await talker.ask(str(number))
        await talker.send("message", message="One more")
        error = await talker.until("error")
        assert error["code"] == "rate_limited"
        assert error["retry_after"] > 0


async def test_sockets_of_an_account_are_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parlez.http.open_sockets.MOST_PER_ACCOUNT", 1)
    headers = await second_account(world.parlez)
    async with world.holder(headers):
        async with world.talker(headers=headers) as talker:
            assert await talker.ends() == ("rate_limited", 4429)
    async with world.holder(headers):
        pass


async def test_a_revoked_key_ends_it(world: World, no_pings: None) -> None:
    scope = await world.parlez.services.accounts.create_nameless()
    headers = await key_of(world.parlez, scope)
    [key] = await world.parlez.services.keys.list(scope)
    async with world.holder(headers) as talker, world.owner() as bystander:
        await world.parlez.services.keys.revoke(scope, key.id)
        assert await talker.ends() == ("unauthenticated", 4401)
        await bystander.ask("Still here?")


async def test_an_owner_by_name_ends_those_who_just_sat_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "PING_SECONDS", 0.05)
    async with world.owner() as talker:
        await talker.ask("Hi")
        monkeypatch.setattr(world.parlez.services.accounts, "has_owner", True)
        assert await talker.ends() == ("unauthenticated", 4401)


async def test_an_expired_key_ends_it(world: World, no_pings: None) -> None:
    scope = await world.parlez.services.accounts.create_nameless()
    _, secret = await world.parlez.services.keys.create(
        scope, "short", frozenset({Right.DATA}), timedelta(seconds=1)
    )
    async with world.holder({"Authorization": f"Bearer {secret.text}"}) as talker:
        assert await talker.ends() == ("unauthenticated", 4401)


async def test_an_ended_session_and_a_closed_account_end_it(world: World, no_pings: None) -> None:
    hash_quickly(world.parlez)
    made = await world.parlez.call("POST", "/api/invitations", {"name": "Grace"})
    grace = Browser(world.parlez)
    await grace.sign_up("grace", code=made.body["code"])
    for end in ("logout", "closing"):
        await grace.sign_in("grace")
        ticket = await grace.call("POST", "/api/websocket/ticket")
        async with world.talker(protocols=ticket.body["protocols"]) as talker:
            await talker.until("init_ack")
            if end == "logout":
                assert (await grace.call("POST", "/api/auth/logout")).status == 204
            else:
                world.parlez.services.gate.access.close(grace.account["id"])
            assert await talker.ends() == ("unauthenticated", 4401)


# What is not as it should be


@pytest.mark.parametrize(
    ("frame", "code", "close"),
    [
        ("", "invalid_message", 4400),
        ("{", "invalid_message", 4400),
        ("[]", "invalid_message", 4400),
        ("null", "invalid_message", 4400),
        ("{}", "invalid_message", 4400),
        ('{"type": "dance"}', "invalid_message", 4400),
        ('{"type": 7}', "invalid_message", 4400),
        ('{"type": "message"}', "invalid_message", 4400),
        ('{"type": "message", "message": 7}', "invalid_message", 4400),
        ("[" * 50_000, "invalid_message", 4400),
        ("9" * 5_000, "invalid_message", 4400),
        (b"\0\1", "not_listening", 4409),
    ],
)
async def test_what_is_no_message_ends_it(
    world: World, frame: str | bytes, code: str, close: int
) -> None:
    async with world.owner() as talker, world.owner() as bystander:
        if isinstance(frame, bytes):
            await talker.ws.send_bytes(frame)
        else:
            await talker.ws.send_str(frame)
        assert await talker.ends() == (code, close)
        await bystander.ask("Still here?")


@pytest.mark.parametrize(
    "message",
    [
        {"type": "message", "message": "  "},
        {"type": "message", "message": "a\0b"},
        {"type": "message", "message": "\ud800"},
        {"type": "message", "message": "Hi", "options": {"temperature": 7}},
        {"type": "message", "message": "Hi", "idempotency_key": "x" * 300},
        {"type": "message", "message": "Hi", "conversation_id": "nonsense"},
        {"type": "message", "message": "Hi", "documents": ["nonsense"]},
    ],
)
async def test_what_cannot_be_is_told(world: World, message: dict[str, Any]) -> None:
    async with world.owner() as talker:
        await talker.ws.send_str(json.dumps(message))
        error = await talker.until("error")
        assert error["code"] in ("invalid_input", "not_found")
        await talker.ask("It goes on")


async def test_the_order_matters(world: World) -> None:
    for first in ("message", "stop", "ping"):
        async with world.talker() as talker:
            await talker.send(first, message="Hi")
            assert await talker.ends() == ("not_initialized", 4409)
    async with world.owner() as talker:
        headers = await second_account(world.parlez)
        await talker.send("init", api_key=headers["Authorization"].removeprefix("Bearer "))
        assert await talker.ends() == ("initialized", 4409)


async def test_strangers_send_little(world: World) -> None:
    long = "x" * (socket_protocol.STRANGERS_BYTES + 1)
    async with world.talker() as talker:
        await talker.send("init", user_id=long)
        assert await talker.ends() == ("too_large", 1009)
    async with world.owner() as talker:
        assert (await talker.ask(long))["text"] == f"You said: {long} "


async def test_a_flood_ends_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "BURST", 5)
    monkeypatch.setattr(flood, "PER_SECOND", 0.1)
    async with world.owner() as talker:
        for _ in range(20):
            await talker.send("ping")
        assert await talker.ends() == ("too_many_messages", 4429)


async def test_the_server_shows_that_it_lives(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "PING_SECONDS", 0.05)
    async with world.owner() as talker:
        async with asyncio.timeout(PATIENCE):
            for _ in range(2):
                assert (await talker.ws.receive_json())["type"] == "ping"
        await talker.send("pong")
        await talker.send("ping")
        await talker.until("pong")


async def test_the_other_port_speaks_nothing_else(world: World) -> None:
    url = own_port(world.parlez).replace("ws", "http", 1)
    async with world.parlez.client.get(f"{url}/api/health") as response:
        assert response.status == 426
    async with world.talker(lambda parlez: f"{own_port(parlez)}/any/where") as talker:
        await talker.init(user_id="me")


async def test_the_main_port_has_it_at_one_place(world: World) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with world.talker(lambda parlez: parlez.url.replace("http", "ws") + "/elsewhere"):
            pass


async def test_nothing_is_left_of_those_who_went(world: World) -> None:
    sockets = world.parlez.services.sockets
    async with asyncio.timeout(PATIENCE):
        while len(sockets):
            await asyncio.sleep(0.01)
    before = len(asyncio.all_tasks())
    async with world.owner() as talker:
        await talker.ask("Hi")
        assert len(sockets) == 1
        metrics = await world.parlez.call("GET", "/metrics")
        assert "parlez_open_sockets 1.0" in metrics.body.decode()
    async with asyncio.timeout(PATIENCE):
        while len(asyncio.all_tasks()) > before or len(sockets):
            await asyncio.sleep(0.01)


async def test_a_server_that_stops_asks_to_come_back(data_dir: Path) -> None:
    vendor = Vendor(lambda text: Reply(["begun ", "ended"], gate=asyncio.Event()))
    async with vendor.serving(), aiohttp.ClientSession() as client:
        async with run_server(
            data_dir,
            websocket_port=free_port(),
            openai_api_key="sk-test",
            openai_base_url=vendor.url,
        ) as parlez:
            ends = []
            for place in (main_port, own_port):
                ws = await client.ws_connect(place(parlez))
                talker = Talker(ws)
                await talker.init(user_id="me")
                await talker.send("message", message="Hi")
                await talker.until("message_chunk")
                ends.append(asyncio.create_task(talker.ends()))
        assert await asyncio.gather(*ends) == [("restarting", 1012)] * 2


async def test_a_port_that_is_taken(data_dir: Path, world: World) -> None:
    port = world.parlez.services.sockets.port
    async with run_server(data_dir, websocket_port=port) as other:
        assert other.services.sockets.port is None
        async with talking(main_port(other), other.client) as talker:
            await talker.init(user_id="me")


async def test_scope_of_the_first_account(world: World) -> None:
    """The local owner and the key of the same account have the same conversations."""
    headers = await key_of(world.parlez, Scope(world.parlez.services.accounts.first.account_id))
    async with world.owner() as talker:
        answer = await talker.ask("Hi")
    async with world.holder(headers) as talker:
        await talker.ask("Again", conversation_id=answer["conversation_id"])
