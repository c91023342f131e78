"""`parlez doctor`"""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parlez.cli import options
from parlez.cli.finding import Finding, Verdict
from parlez.cli.output import plain, print_json
from parlez.cli.settings import folder_and_database, read_settings

if TYPE_CHECKING:
    from parlez.config import Settings

_MARKS = {
    Verdict.OK: ("✓", "green"),
    Verdict.WARNING: ("!", "yellow"),
    Verdict.WRONG: ("✗", "red"),
}


@click.command()
@options.as_json
@options.data_dir
@click.pass_context
def doctor(ctx: click.Context, as_json: bool, data_dir: Path | None) -> None:
    """Check the data, its server and the machine, and say what to do.

    Nothing is changed. The exit code is 1 if anything is wrong.
    """
    findings = []
    for finding in _look(read_settings(data_dir=data_dir)):
        findings.append(finding)
        if not as_json:
            _print(finding)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    if any(finding.verdict is Verdict.WRONG for finding in findings):
        ctx.exit(1)


def _look(settings: "Settings") -> Iterator[Finding]:
    from parlez.cli import data_checks, machine_checks
    from parlez.storage.open import SqliteFile

    folder, place = folder_and_database(settings)
    yield machine_checks.check_versions()
    yield data_checks.check_folder(folder)
    yield data_checks.check_server(folder)
    if isinstance(place, SqliteFile):
        yield from data_checks.check_database(place.path)
        yield machine_checks.check_disk(place.path)
        yield machine_checks.check_file_system(place.path)
        yield machine_checks.check_clock(place.path)
    else:
        from parlez.cli import postgres_checks

        yield from postgres_checks.check_database(place)
        yield machine_checks.check_disk(folder)
    yield machine_checks.check_models(settings)
    yield machine_checks.check_speech(settings)


def _print(finding: Finding) -> None:
    mark, colour = _MARKS[finding.verdict]
    click.echo(f"{click.style(mark, fg=colour)} {finding.subject:<12} {plain(finding.told)}")
    if finding.advice:
        click.echo(f"  {'':<12} {plain(finding.advice)}")
