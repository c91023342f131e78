"""`parlez models`"""

import json
import re
from pathlib import Path

from tests.support.command import Command

from parlez.cli.models import WEIGHTS

LOCK = Path(__file__).parents[2] / "requirements" / "serve.txt"


def test_what_can_be_used_and_what_not(command: Command) -> None:
    shown = command.run_here("models").stdout
    assert re.search(r"gpt-4o +openai +128,000 +2.50 / 10.00 +Set OPENAI_API_KEY to use", shown)
    assert re.search(r"ernie-5.1 +qianfan +128,000 +unknown +Set QIANFAN_API_KEY", shown)
    assert re.search(r"smollm2-135m +local +4,096 +free +answers by default", shown)


def test_as_json(command: Command) -> None:
    command.environment["OPENAI_API_KEY"] = "sk-test"
    models = {
        model["name"]: model for model in json.loads(command.run_here("models", "--json").stdout)
    }
    assert models["gpt-4o"]["default"] is True
    assert models["gpt-4o"]["prompt_price"] == 2.5
    assert models["ernie-5.1"]["prompt_price"] is None
    assert models["gpt-4"]["vendor_name"] == "gpt-5.6-sol"
    assert models["gpt-4o"]["unavailable"] is None
    assert models["smollm2-135m"]["default"] is False
    assert "sk-test" not in str(models)


def test_rows_that_cannot_be_used_are_told_and_nothing_breaks(command: Command) -> None:
    command.data.mkdir()
    (command.data / "models.toml").write_text("[models.gpt-4o]\ncontxt = 1\n")
    done = command.run_here("models")
    assert done.returncode == 1
    assert 'models.toml: [models."gpt-4o"]: contxt: there is no such field' in done.stderr
    assert "Traceback" not in done.stderr
    assert command.run_here("doctor").returncode == 1


def test_the_weights_are_those_of_the_lock() -> None:
    locked = LOCK.read_text()
    for package in re.split(r"\n(?=\S)", WEIGHTS.read_text().rstrip()):
        assert f"{package}\n" in locked
        assert "--hash=sha256:" in package


def test_installing_what_is_installed(command: Command) -> None:
    done = command.run("models", "install")
    assert done.returncode == 0
    assert "ready" in done.stderr
