"""Where server processes are born quickly: a process that has imported everything forks them.

A start that costs a tenth of a second instead of a whole one is what makes hundreds of kills
bearable. What runs in the forked process is the command line itself, from its arguments on.

Run as a program it reads one JSON object a line, `{"arguments", "environment", "log"}`, and
answers with the process id. It ends with its standard input, and takes its children with it.
"""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

ROOT = Path(__file__).parents[2]


class Nursery:
    def __init__(self, process: "Popen[str]"):
        self._process = process

    @classmethod
    @contextmanager
    def open(cls) -> Iterator["Nursery"]:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", __name__]
        with Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=environment) as process:
            yield cls(process)

    def fork(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
        """Begin `parlez` with arguments; its process id."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        order = {"arguments": arguments, "environment": environment, "log": str(log)}
        stdin.write(json.dumps(order) + "\n")
        stdin.flush()
        return int(stdout.readline())


def _main() -> None:
    # Imported here, before any fork, and nowhere else in this module: tests import it as well.
    import uvloop  # noqa: F401

    import parlez.app
    import parlez.cli.main
    import parlez.cli.serve
    import parlez.cli.welcome
    import parlez.http.logs  # noqa: F401

    children: set[int] = set()
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become_a_server(order["arguments"], order["environment"], order["log"])
        children = {child for child in children if _lives(child)} | {pid}
        print(pid, flush=True)
    for child in children:
        if _lives(child):
            os.kill(child, signal.SIGKILL)


def _become_a_server(arguments: list[str], environment: dict[str, str], log: str) -> None:
    from parlez.cli.main import main

    os.environ.clear()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(descriptor, target)
    os.close(output)
    os.close(nothing)
    sys.argv = ["parlez", *arguments]
    code = 1
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _lives(child: int) -> bool:
    """Also buries it if it does not."""
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(child, os.WNOHANG) == (0, 0)
    return False


if __name__ == "__main__":
    _main()
