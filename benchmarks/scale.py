"""What a full store costs: lists, pages and turns beside those of a nearly empty one.

`python -m benchmarks.scale` fills one SQLite database with 100,000 conversations of 20 messages and
another with 20 such conversations, and asks a server on each the same in turn. It also times the
analysis of the feedback on a conversation of 10,000 messages.
"""

import argparse
import asyncio
import json
import os
import random
import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import uvloop

from benchmarks import servers
from benchmarks.connection import Connection, get, post
from benchmarks.mock_model import serve_mock
from benchmarks.servers import LOAD_CORE, Measured

MESSAGES = 20
"""Messages of a conversation."""

USERS = 1_000
START = 1_750_000_000_000_000
LONG = 10_000
"""Messages of the conversation whose feedback is analysed; every other one has some."""

WORDS = "the cost of a page in a store that has grown for years should be that of its first day"

Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=200, help="times that each call is made")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {LOAD_CORE})
    uvloop.run(_run(arguments.conversations, arguments.rounds))


async def _run(conversations: int, rounds: int) -> None:
    async with serve_mock() as model_url:
        with ExitStack() as stack:
            small, full = (stack.enter_context(servers.parlez(model_url)) for _ in range(2))
            for server, count in ((small, 20), (full, conversations)):
                assert server.folder is not None
                _fill(server.folder / "parlez.db", count)
            print(f"{conversations:,} conversations of {MESSAGES} messages beside 20")
            for name in sorted(_requests(None).keys() - {"feedback"}):
                times = await _in_turn((small, full), name, rounds)
                medians = [statistics.median(each) for each in times]
                print(
                    f"  {name:24}{medians[0]:8.2f} ms {medians[1]:8.2f} ms"
                    f"   {medians[1] / medians[0]:.2f} x"
                )
            (analysis,) = await _in_turn((full,), "feedback", 50)
            print(f"  feedback on {LONG:,} messages: {statistics.median(analysis):.1f} ms")


def _requests(key: str | None) -> dict[str, bytes]:
    conversation = _id(7, "conversation")
    turn = json.dumps({"message": "And now?"}).encode()
    return {
        "list of one user": get("/api/conversations?user_id=user7&limit=10", key),
        "list of all": get("/api/conversations?all_users=true&limit=10", key),
        "page of messages": get(f"/api/conversation/conv_{conversation}/messages?limit=20", key),
        "history": get(f"/conversations/{UUID(conversation)}?limit=20", key),
        "a turn": post(f"/conversations/{UUID(conversation)}/message", turn, key),
        "feedback": get(f"/api/feedback/analyze/conv_{_id(0, 'long')}", key),
        "a new conversation": post(
            "/conversations/start", json.dumps({"user_id": "u", "message": "Hi"}).encode(), key
        ),
    }


async def _in_turn(
    measured: tuple[Measured, ...], name: str, rounds: int
) -> tuple[list[float], ...]:
    """Milliseconds of each call, the servers asked in turn."""
    loop = asyncio.get_running_loop()
    connections = [
        (await loop.create_connection(Connection, "127.0.0.1", server.port))[1]
        for server in measured
    ]
    times: tuple[list[float], ...] = tuple([] for _ in measured)
    for number in range(rounds + 10):
        for server, connection, found in zip(measured, connections, times, strict=True):
            request = _requests(server.key)[name]
            began = time.perf_counter()
            answer = await connection.ask(request)
            assert answer.startswith(b"HTTP/1.1 200"), answer[:300]
            if number >= 10:
                found.append((time.perf_counter() - began) * 1000)
    for connection in connections:
        connection.close()
    return times


def _fill(path: Path, conversations: int) -> None:
    """Write rows as the server would have: an account, its conversations, their turns."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous = OFF")
        account = database.execute("SELECT min(id) FROM account").fetchone()[0]
        tables = _rows(account, conversations)
        while batch := list(islice(tables, 20_000)):
            for table in {name for name, _ in batch}:
                rows = [row for name, row in batch if name == table]
                columns = ", ".join(rows[0])
                places = ", ".join(f":{column}" for column in rows[0])
                database.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)
        database.execute(
            """
            INSERT INTO conversation_count (account_id, who, slot, active, archived)
            SELECT account_id, 'all', substr(id, 32), count(*), 0 FROM conversation GROUP BY 1, 2, 3
            UNION ALL
            SELECT account_id, 'user:' || user_label, substr(id, 32), count(*), 0
            FROM conversation GROUP BY 1, 2, 3
            """
        )
        # None of it is to be indexed while something else is measured.
        database.execute("DELETE FROM message_change")
        database.commit()


def _rows(account: str, conversations: int) -> Iterator[tuple[str, Row]]:
    chance = random.Random(1)
    for number in range(conversations):
        yield from _conversation(account, _id(number, "conversation"), number, MESSAGES, chance)
    if conversations > 1_000:
        long = _id(0, "long")
        for table, row in _conversation(account, long, 0, LONG, chance):
            yield table, row
            if table == "message" and row["role"] == "assistant":
                yield "feedback", _feedback(account, long, row["id"])


def _conversation(
    account: str, conversation: str, number: int, messages: int, chance: random.Random
) -> Iterator[tuple[str, Row]]:
    parent = None
    now = START + number * 1_000_000
    common = {"account_id": account, "conversation_id": conversation, "created_at": now}
    for place in range(messages // 2):
        turn, asked, answer = (_id(place, f"{conversation}{kind}") for kind in "tqa")
        words = " ".join(chance.choices(WORDS.split(), k=30))
        for id_, role, before in ((asked, "user", parent), (answer, "assistant", asked)):
            yield (
                "message",
                {
                    **common,
                    "id": id_,
                    "turn_id": turn,
                    "parent_id": before,
                    "role": role,
                    "state": "completed",
                    "content": words,
                },
            )
        yield (
            "turn",
            {
                **common,
                "id": turn,
                "user_message_id": asked,
                "answer_id": answer,
                "state": "completed",
                "attempt": 1,
                "position": place + 1,
                "stream": 0,
                "model": "gpt-4o",
                "options": "{}",
                "ended_at": now,
                "reason": "stop",
                "left_out": 0,
                "log_end": 2,
                "log_kept": 0,
            },
        )
        parent = answer
    yield (
        "conversation",
        {
            "account_id": account,
            "id": conversation,
            "user_label": f"user{number % USERS}",
            "head_id": parent,
            "message_count": messages,
            "turn_count": messages // 2,
            "created_at": now,
            "updated_at": now,
        },
    )


def _feedback(account: str, conversation: str, message: str) -> Row:
    return {
        "account_id": account,
        "conversation_id": conversation,
        "message_id": message,
        "user_label": "",
        "type": "thumbs_up",
        "id": _id(0, message),
        "value": 1,
        "created_at": START,
    }


def _id(number: int, kind: str) -> str:
    """Always the same for the same, and in no order, as ids may be."""
    return f"{random.Random(f'{kind}{number}').getrandbits(128):032x}"


if __name__ == "__main__":
    main()
