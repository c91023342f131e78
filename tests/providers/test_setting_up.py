"""Vendors, set up by variables from several places."""

import pytest

from parlez.providers.row_files import read_rows
from parlez.providers.setting_up import MixedSources, NotSetUp, set_up
from parlez.providers.variables import Source, Variables
from parlez.providers.vendor import Vendor

ROWS = read_rows().vendors
EVIL = "https://evil.example"


def made(name, environment=None, dotenv=None, file=None, row=None):
    variables = Variables(
        [
            (Source.ENVIRONMENT, environment or {}),
            (Source.DOTENV, dotenv or {}),
            (Source.SETTINGS_FILE, file or {}),
        ]
    )
    found = set_up(name, row or ROWS[name], variables)
    assert isinstance(found, Vendor)
    return found


WITH_BOTH = [name for name, row in ROWS.items() if row.key_variables and row.base_url_variables]


@pytest.mark.parametrize("name", WITH_BOTH)
@pytest.mark.parametrize("place", ["environment", "file"])
def test_an_address_from_dotenv_gets_no_key_from_elsewhere(name, place):
    row = ROWS[name]
    key, address = row.key_variables[0], row.base_url_variables[-1]
    with pytest.raises(MixedSources, match=f"{address} comes from .env and {key}") as caught:
        made(name, dotenv={address: EVIL}, **{place: {key: "sk-1"}})
    assert "sk-1" not in caught.value.message
    vendor = made(name, dotenv={address: EVIL, key: "sk-1"})
    assert vendor.base_url.startswith(EVIL)


@pytest.mark.parametrize("name", WITH_BOTH)
def test_the_key_of_the_environment_wins_and_so_is_refused_to_dotenvs_address(name):
    row = ROWS[name]
    key, address = row.key_variables[0], row.base_url_variables[0]
    with pytest.raises(MixedSources):
        made(name, environment={key: "sk-1"}, dotenv={address: EVIL, key: "sk-2"})


def test_a_row_from_where_dotenv_pointed_gets_no_key_from_elsewhere():
    row = ROWS["openai"].model_copy(update={"source": Source.DOTENV, "base_url": EVIL})
    with pytest.raises(MixedSources, match="the address of OpenAI"):
        made("openai", environment={"OPENAI_API_KEY": "sk-1"}, row=row)
    assert made("openai", dotenv={"OPENAI_API_KEY": "sk-1"}, row=row).base_url == EVIL
    mine = {"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "https://mine.example/v1"}
    assert made("openai", environment=mine, row=row).base_url == "https://mine.example/v1"


def test_a_key_from_dotenv_may_go_to_an_address_of_the_environment():
    vendor = made(
        "openai",
        environment={"OPENAI_BASE_URL": "http://127.0.0.1/v1"},
        dotenv={"OPENAI_API_KEY": "sk-1"},
    )
    assert vendor.api_key == "sk-1"


@pytest.mark.parametrize("value", ["", "  ", "your_api_key_here"])
def test_an_empty_key_and_the_samples_are_none(value):
    variables = Variables([(Source.ENVIRONMENT, {"GROQ_API_KEY": value})])
    assert set_up("groq", ROWS["groq"], variables) == NotSetUp("Set GROQ_API_KEY to use it.")


def test_the_key_shows_in_no_representation():
    variables = Variables([(Source.ENVIRONMENT, {"GROQ_API_KEY": "gsk-1"})])
    value = variables.find(["GROQ_API_KEY"])
    assert "gsk-1" not in f"{variables!r} {value!r} {set_up('groq', ROWS['groq'], variables)!r}"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080/v1"),
        ("http://gpu.example", "http://gpu.example/v1"),
        ("http://gpu.example:1234/", "http://gpu.example:1234/v1"),
        ("https://gpu.example/ollama/v1/", "https://gpu.example/ollama/v1"),
    ],
)
def test_ollamas_host_is_made_an_address(text, url):
    """After https://docs.ollama.com/faq"""
    assert made("ollama", {"OLLAMA_HOST": text}).base_url == url


def test_servers_of_ones_own_need_no_key_but_may_have_one():
    assert made("vllm", {"VLLM_BASE_URL": "http://gpu:8000"}).api_key is None
    assert made("vllm", {"VLLM_BASE_URL": "http://gpu:8000", "VLLM_API_KEY": "k"}).api_key == "k"


@pytest.mark.parametrize(
    ("url", "field"),
    [
        (None, "max_completion_tokens"),
        ("https://api.openai.com/v1/", "max_completion_tokens"),
        ("http://127.0.0.1:1/v1", "max_tokens"),
    ],
)
def test_openais_imitators_know_the_old_name_of_the_bound(url, field):
    variables = {"OPENAI_API_KEY": "k"} | ({"OPENAI_BASE_URL": url} if url else {})
    assert made("openai", variables).max_tokens_field == field
