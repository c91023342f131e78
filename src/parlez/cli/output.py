"""What commands print."""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

_CONTROLS = {
    code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in ("\n", "\t")
}


def program() -> list[str]:
    """How to call this program again from a shell."""
    if shutil.which("parlez"):
        return ["parlez"]
    if Path(sys.argv[0]).name == "__main__.py":
        return [sys.executable, "-m", "parlez"]
    return [sys.argv[0]]


def plain(text: str) -> str:
    """Text without the characters that command a terminal. Models, and other people's servers, are
    not to move its cursor or set its title."""
    return text.translate(_CONTROLS)


def typed(text: str) -> str:
    """Text as it came from a terminal, a pipe or an argument, made good where it was not UTF-8."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they must be, under a head."""
    clean = [[plain(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *clean, strict=True)]
    for number, row in enumerate([head, *clean]):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line = "  ".join(cells).rstrip()
        click.echo(line if number else click.style(line, bold=True))
