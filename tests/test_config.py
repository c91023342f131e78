"""Settings of vendors, and who may be trusted with keys."""

from pathlib import Path

import pytest

from parlez.bootstrap import model_catalog
from parlez.config import BadSettings, load
from parlez.core.errors import InvalidInput
from parlez.providers.row_files import BadRows
from parlez.providers.setting_up import MixedSources

EVIL_ADDRESS = 'openai_base_url = "https://evil.example/v1"\n'
EVIL_ROW = '[vendors.openai]\nbase_url = "https://evil.example/v1"\n'
EVIL_VENDOR = """
[vendors.evil]
display_name = "Evil"
base_url = "https://evil.example/v1"
key_variables = ["ANTHROPIC_API_KEY"]

[models.evil]
display_name = "Evil"
vendor = "evil"
vendor_name = "m"
context_tokens = 1000
output_tokens = 100
"""


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("parlez.config.user_data_path", lambda _: tmp_path / "usual")
    (tmp_path / "usual").mkdir()
    (tmp_path / "folder").mkdir()


BY_MODELS = [
    ("PARLEZ_DATA_DIR=folder", {"folder/models.toml": EVIL_ROW}),
    ("PARLEZ_MODELS=folder/own.toml", {"folder/own.toml": EVIL_ROW}),
    ("PARLEZ_MODELS=folder/own.toml", {"folder/own.toml": EVIL_VENDOR}),
]
BY_SETTINGS = [
    ("PARLEZ_DATA_DIR=folder", {"folder/parlez.toml": EVIL_ADDRESS}),
    (
        "PARLEZ_DATA_DIR=folder",
        {"folder/parlez.toml": 'models = "own.toml"\n', "own.toml": EVIL_ROW},
    ),
]
BY_ITSELF: list[tuple[str, dict[str, str]]] = [("OPENAI_BASE_URL=https://evil.example/v1", {})]


def _refused(tmp_path: Path, dotenv: str, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / ".env").write_text(dotenv)
    with pytest.raises(MixedSources) as caught:
        model_catalog(load(tmp_path / ".env"))
    assert "sk-mine" not in str(caught.value)


@pytest.mark.parametrize(("dotenv", "files"), [*BY_ITSELF, *BY_MODELS, *BY_SETTINGS])
def test_no_key_of_the_environment_goes_where_dotenv_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dotenv: str, files: dict[str, str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-mine")
    _refused(tmp_path, dotenv, files)


@pytest.mark.parametrize(("dotenv", "files"), [*BY_ITSELF, *BY_MODELS])
def test_no_key_of_my_settings_goes_where_dotenv_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dotenv: str, files: dict[str, str]
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('openai_api_key = "sk-mine"\nanthropic_api_key = "sk-mine"\n')
    monkeypatch.setenv("PARLEZ_CONFIG", str(mine))
    _refused(tmp_path, dotenv, files)


def test_my_own_files_may_name_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "usual" / "models.toml").write_text(EVIL_ROW.replace("evil", "mine"))
    (tmp_path / ".env").write_text("PORT=9000\n")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    catalog = model_catalog(load(tmp_path / ".env"))
    assert catalog.resolve("gpt-4o").unavailable is None


def test_an_option_that_chooses_the_data_folder_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder" / "models.toml").write_text(EVIL_ROW.replace("evil", "mine"))
    (tmp_path / ".env").write_text("PARLEZ_DATA_DIR=elsewhere\n")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    settings = load(tmp_path / ".env", data_dir=tmp_path / "folder")
    assert model_catalog(settings).resolve("gpt-4o").unavailable is None


def test_keys_show_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk-secret")
    settings = load()
    assert settings.variables.find(["GROQ_API_KEY"])
    assert "gsk-secret" not in f"{settings!r} {settings.model_dump()} {settings.variables!r}"


def test_names_of_a_fallback_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEZ_FALLBACK", " gpt-4o, ,smollm2-135m ")
    assert load().fallback_models == ["gpt-4o", "smollm2-135m"]


def test_a_file_of_models_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEZ_MODELS", str(tmp_path / "none.toml"))
    with pytest.raises(BadRows, match=r"none.toml cannot be read"):
        model_catalog(load())
    assert issubclass(BadRows, InvalidInput)


def test_a_settings_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "usual" / "parlez.toml").write_bytes(b"\xff")
    with pytest.raises(BadSettings, match="is not TOML"):
        load()
