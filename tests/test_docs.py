"""The documents say what is so."""

import re
from pathlib import Path

import click
import pytest

from parlez.cli.main import parlez
from parlez.config import Settings, environment_name, load
from parlez.providers.catalog import Catalog
from parlez.providers.row_files import read_rows
from parlez.providers.vendor_rows import AliasRow, ModelRow, VendorRow
from parlez.speech.setting_up import VARIABLES

ROOT = Path(__file__).parents[1]
SETTINGS = (ROOT / "docs" / "settings.md").read_text()
COMMANDS = (ROOT / "docs" / "command-line.md").read_text()
MODELS = (ROOT / "docs" / "models.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()

OWN, VENDORS, SPEECH = (
    {
        variable: (second, third)
        for variable, second, third in re.findall(
            r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", part, re.M
        )
    }
    for part in re.split("What the vendors of (?:models|speech) are set up with", SETTINGS)
)


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_in_the_table(field: str) -> None:
    default, meaning = OWN[environment_name(field)]
    known = Settings.model_fields[field]
    assert meaning == known.description
    if field != "data_dir":
        shown = {None: "—", True: "`on`", False: "`off`"}.get(known.default, f"`{known.default}`")
        assert default == shown


def test_nothing_else_is_in_the_table() -> None:
    assert set(OWN) == {environment_name(field) for field in Settings.model_fields}


def test_every_variable_of_a_vendor_is_in_the_table_beside_it() -> None:
    rows = read_rows()
    assert set(VENDORS) == rows.variables
    for vendor, row in rows.vendors.items():
        models = [each for each in rows.models.values() if isinstance(each, ModelRow)]
        named = [
            name
            for model in models
            if model.vendor == vendor
            for name in model.vendor_name_variables
        ]
        for variable in (*row.variables, *named):
            assert VENDORS[variable][0] == row.display_name


def test_every_variable_of_a_vendor_of_speech_is_in_its_table() -> None:
    assert SPEECH == VARIABLES


@pytest.mark.parametrize("place", ["environment", "file", "dotenv"])
@pytest.mark.parametrize("variable", sorted({*VENDORS, *SPEECH}))
def test_the_variables_of_vendors_are_read(
    variable: str, place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.touch()
    if place == "environment":
        monkeypatch.setenv(variable, "x")
    elif place == "file":
        (tmp_path / "parlez.toml").write_text(f'{variable.lower()} = "x"\n')
    else:
        dotenv.write_text(f"{variable}=x\n")
    found = load(dotenv, data_dir=tmp_path).variables.find([variable])
    assert found
    assert found.text == "x"


@pytest.mark.parametrize("variable", OWN)
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
        "PARLEZ_TRUSTED_PROXIES": "10.0.0.0/8",
        "PARLEZ_WEBSOCKET_KEY_IN_URL": "off",
        "PARLEZ_MAX_WEBSOCKET_BYTES": "1048576",
        "PARLEZ_SIGN_UP": "open",
        "PARLEZ_LOCAL_MODEL_SLOTS": "2",
        "PARLEZ_LOCAL_MODEL_THREADS": "2",
        "PARLEZ_LOCAL_SPEECH_SLOTS": "3",
        "PARLEZ_LOCAL_SPEECH_THREADS": "2",
    }
    monkeypatch.setenv(variable, texts.get(variable, "1024"))
    assert load().model_dump() != before


def test_the_example_of_a_toml_file_is_read(tmp_path: Path) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", SETTINGS, re.S)
    (tmp_path / "parlez.toml").write_text(example)
    settings = load(data_dir=tmp_path)
    assert settings.port == 9000
    assert settings.default_model == "smollm2-135m"
    address = settings.variables.find(["OPENAI_BASE_URL"])
    assert address
    assert address.text == "http://127.0.0.1:11434/v1"


def test_the_example_of_a_dotenv_file_sets_nothing_and_knows_its_names(tmp_path: Path) -> None:
    assert not re.findall(r"^[^#\n]", EXAMPLE, re.M)
    active = tmp_path / ".env"
    active.write_text(re.sub(r"^# (?=[A-Z_]+=)", "", EXAMPLE, flags=re.M))
    names = re.findall(r"^([A-Z_]+)=", active.read_text(), re.M)
    assert names[:4] == ["OPENAI_API_KEY", "DATABASE_URL", "HOST", "PORT"]
    assert set(names) <= {*OWN, *VENDORS, *SPEECH, "DEFAULT_MODEL", "LOCAL_OWNER"}
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


def test_the_table_of_vendors_is_that_of_the_rows() -> None:
    rows = read_rows()
    told = {
        vendor: (set(re.findall(r"`(.+?)`", models)), set(re.findall(r"`(.+?)`", needs)))
        for vendor, models, needs in re.findall(
            r"^\| ([A-Z].+?|Ollama|vLLM|llama.cpp) \| (`.+?) \| (`.+?) \|$", MODELS, re.M
        )
    }
    for vendor, row in rows.vendors.items():
        models, needs = told.pop(row.display_name)
        assert models == {
            name
            for name, model in rows.models.items()
            if isinstance(model, ModelRow) and model.vendor == vendor
        }
        assert needs <= rows.variables
        if row.key_required:
            assert row.key_variables[0] in needs
        if row.base_url is None:
            assert row.base_url_variables[0] in needs
    assert not told


def test_every_field_of_a_row_is_told() -> None:
    told = set(re.findall(r"`([a-z_]+)`", MODELS))
    fields = {
        field.alias or name
        for row in (VendorRow, ModelRow, AliasRow)
        for name, field in row.model_fields.items()
        if not field.exclude
    }
    assert fields <= told


def test_the_example_of_own_models_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", MODELS, re.S)
    (tmp_path / "models.toml").write_text(example)
    monkeypatch.setenv("LAB_API_KEY", "k")
    settings = load(data_dir=tmp_path)
    catalog = Catalog(rows=read_rows(settings.model_file), variables=settings.variables)
    assert catalog.resolve("lab").vendor_name == "Qwen/Qwen3-235B-A22B"
    assert catalog.resolve(None).name == "lab-large"
    assert catalog.resolve("gpt-4o").name == "lab-large"
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    catalog = Catalog(rows=read_rows(settings.model_file), variables=load().variables)
    model = catalog.resolve("gpt-4o")
    assert (model.name, model.fallback) == ("gpt-4o", ("lab-large", "smollm2-135m"))
    assert model.price
    assert model.price.completion == 8
