"""What searching costs, with ten thousand messages and with a million.

`python -m benchmarks.search` fills a database for each size, with words as frequent as Zipf has
them and made-up vectors, and asks a server on it through the public API, one search after another:
those of whoever has said everything, and those of a user who has said a thousand of it. Embedding
the query is part of it. Memory is that of the server's process, the embedder's model included,
which the smallest size shows.
"""

import argparse
import asyncio
import json
import math
import os
import random
import sqlite3
import statistics
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import uvloop
from numpy.typing import NDArray

from benchmarks import servers
from benchmarks.connection import Connection, post
from benchmarks.load import quantile
from benchmarks.postgres import running_postgres
from benchmarks.servers import LOAD_CORE, Measured
from parlez.knowledge.embedding.local import NAME

DIMENSIONS = 384
WORDS = 50_000
WORDS_OF_MESSAGE = 30
MESSAGES_OF_CONVERSATION = 20
USERS_OWN = 1_000
"""Messages of the user beside the account itself."""

AT_ONCE = 10_000
START = 1_750_000_000_000_000

TABLES = {
    "message": (
        "account_id, id, conversation_id, turn_id, parent_id, role, state, created_at, content"
    ),
    "conversation": (
        "account_id, id, user_label, head_id, message_count, turn_count, created_at, updated_at"
    ),
    "message_piece": (
        "account_id, message_id, place, last_place, serial, conversation_id, user_label, role, "
        "start, length"
    ),
    "message_vector": "account_id, serial, model, user_label, code, direction",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument(
        "--messages", type=int, nargs="+", default=[USERS_OWN, 10_000, 100_000, 1_000_000]
    )
    parser.add_argument("--rounds", type=int, default=300, help="searches of each kind")
    parser.add_argument("--database", choices=["SQLite", "PostgreSQL"], default="SQLite")
    arguments = parser.parse_args()
    with _urls(arguments.database) as new_url:
        os.sched_setaffinity(0, {LOAD_CORE})
        for messages in arguments.messages:
            uvloop.run(_measure(messages, arguments.rounds, new_url()))


@contextmanager
def _urls(database: str) -> Iterator[Callable[[], str | None]]:
    if database == "SQLite":
        yield lambda: None
    else:
        with running_postgres(LOAD_CORE) as postgres:
            yield postgres.make


async def _measure(messages: int, rounds: int, url: str | None) -> None:
    began = time.perf_counter()
    with servers.parlez("http://127.0.0.1:9/v1", url) as server:
        assert server.folder is not None
        if url:
            _fill_postgres(url, messages)
        else:
            _fill_sqlite(server.folder / "parlez.db", messages)
        filled = time.perf_counter() - began
        print(f"{messages:,} messages, filled in {filled:.0f} s", flush=True)
        for name, user in (("all", None), (f"a user's {USERS_OWN:,}", "own")):
            first, times = await _search(server, user, rounds)
            print(
                f"  {name:18} p50 {statistics.median(times):6.1f} ms"
                f"   p99 {quantile(times, 0.99):6.1f} ms   the first {first:,.0f} ms",
                flush=True,
            )
        print(f"  memory {server.memory_bytes() / 1e6:.0f} MB", flush=True)


async def _search(server: Measured, user: str | None, rounds: int) -> tuple[float, list[float]]:
    """Milliseconds of the first search, and of those after it."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, "127.0.0.1", server.port)
    chance = random.Random(1)
    times: list[float] = []
    for _ in range(rounds + 1):
        asked = {"query": _query(chance), "limit": 10, "user_id": user}
        request = post("/api/search/messages", json.dumps(asked).encode(), server.key)
        began = time.perf_counter()
        answer = await connection.ask(request)
        times.append((time.perf_counter() - began) * 1000)
        assert answer.startswith(b"HTTP/1.1 200"), answer[:300]
    connection.close()
    return times[0], times[1:]


def _query(chance: random.Random) -> str:
    """One to five words, of which every tenfold rarer kind is as likely."""
    ranks = (int(math.exp(chance.uniform(0, math.log(WORDS)))) for _ in range(chance.randint(1, 5)))
    return " ".join(_word(rank) for rank in ranks)


def _word(rank: int) -> str:
    """In letters that the stemmer leaves alone."""
    digits = []
    for _ in range(4):
        rank, digit = divmod(rank, 16)
        digits.append("bcdfghjklmnpqrtv"[digit])
    return "o".join(digits)


def _fill_sqlite(path: Path, messages: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA busy_timeout = 60000")
        account = database.execute("SELECT min(id) FROM account").fetchone()[0]
        database.execute("INSERT INTO message_embedding VALUES (?, ?)", (NAME, messages))
        for rows in _rows(account, messages):
            database.execute("BEGIN IMMEDIATE")
            for table, columns in TABLES.items():
                places = ", ".join("?" for _ in columns.split(","))
                database.executemany(
                    f"INSERT INTO {table} ({columns}) VALUES ({places})", rows[table]
                )
            # It is indexed here and now.
            database.execute("DELETE FROM message_change")
            database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _fill_postgres(url: str, messages: int) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as database:
        found = database.execute("SELECT min(id) FROM account").fetchone()
        assert found is not None
        database.execute("INSERT INTO message_embedding VALUES (%s, %s)", (NAME, messages))
        for rows in _rows(found[0], messages):
            with database.transaction(), database.cursor() as cursor:
                for table, columns in TABLES.items():
                    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                        for row in rows[table]:
                            copy.write_row(row)
                cursor.execute("DELETE FROM message_change")
        database.execute("VACUUM ANALYZE")


Rows = dict[str, list[tuple[object, ...]]]


def _rows(account: str, messages: int) -> Iterator[Rows]:
    """The rows of so many messages, some at a time; the last thousand are the user's."""
    numbers = np.random.default_rng(1)
    likely = 1 / np.arange(1, WORDS + 1)
    likely /= likely.sum()
    words = [_word(rank) for rank in range(WORDS)]
    for start in range(0, messages, AT_ONCE):
        count = min(AT_ONCE, messages - start)
        said = numbers.choice(WORDS, size=(count, WORDS_OF_MESSAGE), p=likely)
        meant = numbers.standard_normal((count, DIMENSIONS), np.float32)
        meant /= np.linalg.norm(meant, axis=1, keepdims=True)
        rows: Rows = {table: [] for table in TABLES}
        for place in range(count):
            number = start + place
            text = " ".join(words[rank] for rank in said[place])
            _add(rows, account, number, messages, text, meant[place])
        yield rows


def _add(
    rows: Rows, account: str, number: int, messages: int, text: str, meant: NDArray[np.float32]
) -> None:
    conversation, place = divmod(number, MESSAGES_OF_CONVERSATION)
    id_, talk = f"{number:032x}", f"{conversation:032x}"
    role = "assistant" if place % 2 else "user"
    now = START + number * 1_000_000
    user = "own" if messages > USERS_OWN and messages - number <= USERS_OWN else None
    before = f"{number - 1:032x}" if place else None
    message = (account, id_, talk, "", before, role, "completed", now, text)
    rows["message"].append(message)
    if place == 0:
        head = f"{number + MESSAGES_OF_CONVERSATION - 1:032x}"
        count = MESSAGES_OF_CONVERSATION
        rows["conversation"].append((account, talk, user, head, count, 0, now, now))
    serial, label = number + 1, user or ""
    rows["message_piece"].append((account, id_, 0, 0, serial, talk, label, role, 0, len(text)))
    code = b64encode(np.packbits(meant > 0).tobytes()).decode()
    direction = b64encode(meant.astype("<f2").tobytes()).decode()
    rows["message_vector"].append((account, serial, NAME, label, code, direction))


if __name__ == "__main__":
    main()
