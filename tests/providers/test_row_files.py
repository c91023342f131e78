"""Vendors and models in files."""

from decimal import Decimal
from pathlib import Path

import pytest

from parlez.providers.row_files import BadRows, RowFile, read_rows
from parlez.providers.variables import Source
from parlez.providers.vendor_rows import AliasRow, ModelRow


@pytest.fixture
def read(tmp_path):
    def read(text, source=Source.SETTINGS_FILE):
        path = tmp_path / "models.toml"
        path.write_text(text)
        return read_rows(RowFile(path, source))

    return read


OWN = """
[vendors.ours]
display_name = "Our server"
base_url = "http://10.0.0.1:8000/v1"
key_required = false

[models.house-model]
display_name = "The house model"
vendor = "ours"
vendor_name = "m"
context_tokens = 32_768
output_tokens = 4_096
"""


def test_the_shipped_rows_are_sound():
    rows = read_rows()
    assert {"openai", "azure", "anthropic", "groq", "together", "mistral", "qianfan"} < {
        *rows.vendors
    }
    assert {"ollama", "vllm", "llamacpp"} < {*rows.vendors}
    for row in rows.models.values():
        assert isinstance(row, AliasRow) or row.output_tokens < row.context_tokens


def test_rows_are_added(read):
    rows = read(OWN)
    row = rows.models["house-model"]
    assert isinstance(row, ModelRow)
    assert row.prompt_price is None
    assert "gpt-4o" in rows.models
    assert rows.vendors["ours"].source is Source.SETTINGS_FILE
    assert rows.vendors["openai"].source is Source.SHIPPED


def test_fields_of_a_shipped_row_are_changed_and_the_rest_stays(read):
    rows = read("[models.gpt-4o]\nprompt_price = 1.05\n[vendors.openai]\nretries = 0\n")
    row = rows.models["gpt-4o"]
    assert isinstance(row, ModelRow)
    assert (row.prompt_price, row.completion_price) == (Decimal("1.05"), Decimal(10))
    assert rows.vendors["openai"].retries == 0
    assert rows.vendors["openai"].key_variables == ("OPENAI_API_KEY",)
    assert next(iter(rows.models)) == "gpt-4o"


def test_an_alias_is_replaced_by_a_model_whole(read):
    rows = read(OWN.replace("house-model", '"llama-3.3-70b"'))
    assert isinstance(rows.models["llama-3.3-70b"], ModelRow)


def test_a_file_whose_place_dotenv_named_is_marked(read):
    rows = read(OWN + "[vendors.openai]\nretries = 0\n", Source.DOTENV)
    assert rows.vendors["ours"].source is Source.DOTENV
    assert rows.vendors["openai"].source is Source.DOTENV
    assert rows.vendors["groq"].source is Source.SHIPPED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[models", "is not TOML"),
        ("[model.x]\n", "[model] is neither [vendors.…] nor [models.…]"),
        ("models = 1\n", "models is not a table"),
        ("[models]\nx = 1\n", '[models."x"] is not a table'),
        ("[vendors.x]\nurl = 1\n", "[vendors.x]: display_name: Field required"),
        (
            "[vendors.openai]\nbase_ulr = 'x'\n",
            "[vendors.openai]: base_ulr: there is no such field",
        ),
        ("[vendors.openai]\nsource = 'x'\n", "source: there is no such field"),
        ("[vendors.openai]\nwire_format = 'x'\n", "[vendors.openai]: wire_format: Input should be"),
        ("[vendors.openai]\noverflow_patterns = ['(']\n", "is no regular expression"),
        ("[vendors.x]\ndisplay_name = 'x'\n", "needs base_url or base_url_variables"),
        (
            "[vendors.x]\ndisplay_name = 'x'\nbase_url = 'http://x'\n",
            "needs key_variables, or key_required = false",
        ),
        ("[models.gpt-4o]\ncontext_tokens = 0\n", '[models."gpt-4o"]: context_tokens:'),
        ("[models.gpt-4o]\ncontext_tokens = 100\n", "output_tokens is more than context_tokens"),
        ("[models.gpt-4o]\nprompt_price = -1\n", "prompt_price:"),
        ("[models.gpt-4o]\nignores = ['size']\n", "ignores.0:"),
        ("[models.gpt-4o]\nvendor = 'nobody'\n", "vendor: there is no vendor 'nobody'"),
        ("[models.gpt-4o]\nfallback = ['gpt-9']\n", "fallback: there is no model 'gpt-9'"),
        ("[models.x]\ndisplay_name='x'\nfirst_of = ['gpt-9']\n", "first_of: there is no model"),
        ("[vendors.openai]\ndefault_model = 'gpt-9'\n", "default_model: there is no model 'gpt-9'"),
        ('[models."\\n"]\n', "printable ASCII"),
        ("[models.smollm2-135m]\n", "the embedded model"),
        (OWN + "prompt_price = 1\n", "needs both prices or none"),
        (OWN.replace("vendor_name", "# vendor_name"), "needs vendor_name or vendor_name_variables"),
    ],
)
def test_errors_say_file_row_and_what_is_wrong(read, tmp_path, text, said):
    with pytest.raises(BadRows) as caught:
        read(text)
    assert said in caught.value.message
    assert str(tmp_path / "models.toml") in caught.value.message


def test_a_file_that_is_not_there():
    with pytest.raises(BadRows, match=r"/no/models.toml cannot be read: No such file"):
        read_rows(RowFile(Path("/no/models.toml"), Source.ENVIRONMENT))


def test_the_embedded_model_may_be_a_fallback(read):
    rows = read("[models.gpt-4o]\nfallback = ['gpt-4', 'smollm2-135m']\n")
    assert rows.models["gpt-4o"].fallback == ("gpt-4", "smollm2-135m")
