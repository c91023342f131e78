"""The servers that are measured, each a process of its own on one core."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVER_CORE = 0
LOAD_CORE = 1

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Measured:
    """A running server: where it listens, what it is sent, and where its data are."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    plain_path: str
    stream_path: str
    key: str | None
    ready_seconds: float
    folder: Path | None = None

    def cpu_seconds(self) -> float:
        """Processor time that the server has used, its threads included."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory_bytes(self) -> int:
        """Resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


@contextmanager
def floor(model_url: str) -> Iterator[Measured]:
    port = _free_port()
    command = [sys.executable, "-m", "benchmarks.floor", model_url, str(port)]
    with _running(command, port, {}) as (process, ready):
        yield Measured("floor", process, port, "/plain", "/stream", None, ready)


@contextmanager
def parlez(
    model_url: str,
    database_url: str | None = None,
    name: str = "Parlez",
    cores: Collection[int] = (SERVER_CORE,),
) -> Iterator[Measured]:
    """Parlez with a key, as a program on another machine would use it, and all that it starts, on
    these cores."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="parlez-bench-") as folder:
        settings = {
            "PARLEZ_DATA_DIR": folder,
            "WEBSOCKET_PORT": "0",
            "OPENAI_API_KEY": "sk-bench",
            # Silent streams are to stay.
            "PARLEZ_BETWEEN_TOKENS_SECONDS": "300",
            "OPENAI_BASE_URL": model_url.removesuffix("/chat/completions"),
        }
        if database_url:
            settings["DATABASE_URL"] = database_url
        command = [sys.executable, "-m", "parlez", "serve", "--port", str(port)]
        with _running(command, port, settings, cores) as (process, ready):
            made = subprocess.run(
                [sys.executable, "-m", "parlez", "keys", "create", "bench"],
                env={**os.environ, **settings},
                capture_output=True,
                text=True,
                check=True,
            )
            key = made.stdout.strip()
            path = "/conversations/start"
            yield Measured(name, process, port, path, path, key, ready, Path(folder))


@contextmanager
def _running(
    command: list[str], port: int, settings: dict[str, str], cores: Collection[int] = (SERVER_CORE,)
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - began > 60:
                raise RuntimeError(f"{command} did not start")
            time.sleep(0.005)
        yield process, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
