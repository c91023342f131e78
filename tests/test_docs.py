"""The documents say what is so."""

import re
from pathlib import Path

import click
import pytest

from parlez.cli.main import parlez
from parlez.config import Settings, environment_name, load

ROOT = Path(__file__).parents[1]
SETTINGS = (ROOT / "docs" / "settings.md").read_text()
COMMANDS = (ROOT / "docs" / "command-line.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()

ROWS = {
    variable: (default, meaning)
    for variable, default, meaning in re.findall(
        r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", SETTINGS, re.M
    )
}


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_in_the_table(field: str) -> None:
    default, meaning = ROWS[environment_name(field)]
    known = Settings.model_fields[field]
    assert meaning == known.description
    if field != "data_dir":
        shown = {None: "—", True: "`on`", False: "`off`"}.get(known.default, f"`{known.default}`")
        assert default == shown


def test_nothing_else_is_in_the_table() -> None:
    assert set(ROWS) == {environment_name(field) for field in Settings.model_fields}


@pytest.mark.parametrize("variable", ROWS)
def test_the_variables_are_read(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PARLEZ_DATA_DIR", str(tmp_path))
    before = load().model_dump()
    texts = {
        "PARLEZ_LOG_FORMAT": "json",
        "PARLEZ_LOG_LEVEL": "error",
        "PARLEZ_LOCAL_OWNER": "off",
        "PARLEZ_OPEN_KEYS": "on",
        "PARLEZ_LOCAL_MODEL_SLOTS": "2",
        "PARLEZ_LOCAL_MODEL_THREADS": "2",
    }
    monkeypatch.setenv(variable, texts.get(variable, "1024"))
    assert load().model_dump() != before


def test_the_example_of_a_toml_file_is_read(tmp_path: Path) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", SETTINGS, re.S)
    (tmp_path / "parlez.toml").write_text(example)
    settings = load(data_dir=tmp_path)
    assert settings.port == 9000
    assert settings.default_model == "smollm2-135m"
    assert settings.openai_base_url == "http://127.0.0.1:11434/v1"


def test_the_example_of_a_dotenv_file_sets_nothing_and_knows_its_names(tmp_path: Path) -> None:
    assert not re.findall(r"^[^#\n]", EXAMPLE, re.M)
    active = tmp_path / ".env"
    active.write_text(re.sub(r"^# (?=[A-Z_]+=)", "", EXAMPLE, flags=re.M))
    names = re.findall(r"^([A-Z_]+)=", active.read_text(), re.M)
    assert names[:4] == ["OPENAI_API_KEY", "DATABASE_URL", "HOST", "PORT"]
    assert set(names) <= {*ROWS, "DEFAULT_MODEL", "LOCAL_OWNER"}
    settings = load(active)
    assert settings.database_url
    assert settings.database_url.get_secret_value() == "sqlite:///./database.db"
    assert settings.local_owner is False


@pytest.mark.parametrize("name", sorted(parlez.commands))
def test_every_command_is_documented_with_an_example(name: str) -> None:
    section = re.search(rf"^## {name}$(.*?)(?=^## |\Z)", COMMANDS, re.M | re.S)
    assert section
    assert re.search(rf"```sh\n.*parlez {name}\b", section[1], re.S)
    command = parlez.commands[name]
    for part in getattr(command, "commands", {}):
        assert f"{name} {part}" in section[1]
    assert command.help


def test_options_in_examples_exist() -> None:
    for line in re.findall(r"parlez ([a-z]+(?: [a-z]+)?.*--.*)", COMMANDS):
        command: click.Command = parlez
        for word in line.split():
            if isinstance(command, click.Group) and word in command.commands:
                command = command.commands[word]
        known = {name for option in command.params for name in option.opts} | {"--help"}
        assert set(re.findall(r"--[a-z-]+", line)) <= known, line
