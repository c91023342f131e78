"""The process that reads one file: `python -m parlez.knowledge.reading.child`.

It takes its task as one line of JSON from its standard input and answers with lines of JSON on its
standard output: `{"page": [place, number, start, text]}` for each part, and at the end
`{"pages": n}` or `{"code": …, "reason": …}`.
"""

import contextlib
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from parlez.core.child_process import be_child
from parlez.core.documents import TOO_MUCH_MEMORY, UnreadableFile
from parlez.knowledge.reading.extract import extract

_NICENESS = 10


def main() -> None:
    be_child(_NICENESS)
    report = os.fdopen(os.dup(1), "w", encoding="ascii")
    # What else is printed is noise.
    os.dup2(2, 1)
    task = json.loads(sys.stdin.readline())
    _confine(task["memory_bytes"], task["seconds"])
    with report:
        for line in _answer(task):
            report.write(json.dumps(line))
            report.write("\n")


def _answer(task: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        pages = extract(Path(task["path"]).read_bytes(), task["name"], task["most_pages"])
    except UnreadableFile as error:
        return [{"code": error.code, "reason": error.message}]
    except MemoryError:
        return [{"code": TOO_MUCH_MEMORY, "reason": "Reading the file takes too much memory."}]
    lines: list[dict[str, Any]] = [
        {"page": [page.place, page.number, page.start, page.text]} for page in pages
    ]
    return [*lines, {"pages": len(pages)}]


def _confine(memory_bytes: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    with contextlib.suppress(ValueError, OSError):
        # Not every system keeps to it.
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


if __name__ == "__main__":
    main()
