"""Templates: what they render to, and what they refuse."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlez.core.built_in_templates import built_in_templates
from parlez.core.errors import InvalidInput
from parlez.core.templates import LONGEST, Template, Variable, declare, places

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
PROMPTS = st.lists(st.one_of(st.text(max_size=20), NAMES.map(lambda name: f"{{{{{name}}}}}")))


def template(prompt: str, *names: str, **defaults: str) -> Template:
    declared = declare(prompt, list(names), defaults) if names else declare(prompt, None, defaults)
    return Template("test", "1", "Test", "", prompt, declared)


def test_variables_take_their_places() -> None:
    made = template("{{ greeting }}, {{name}}! {{greeting}} again.", greeting="Hello")
    assert made.render({"name": "Ada"}) == "Hello, Ada! Hello again."
    assert made.render({"name": "", "greeting": "Hi"}) == "Hi, ! Hi again."


def test_what_has_no_place_comes_at_the_end() -> None:
    made = template("Be kind.", "more", "most", more="", most="")
    assert made.render({}) == "Be kind."
    assert made.render({"most": "Be brief.", "more": "Be wise."}) == (
        "Be kind.\n\nBe wise.\n\nBe brief."
    )


@given(st.dictionaries(NAMES, st.text(), min_size=1, max_size=5), st.data())
def test_values_stay_as_they_are(values: dict[str, str], data: st.DataObject) -> None:
    """Nothing in a value is looked at: no place, no expression, no escape."""
    order = data.draw(st.lists(st.sampled_from(sorted(values)), min_size=1, max_size=8))
    hostile = {
        name: f"{{{{{order[0]}}}}}{{{name}}}\\1\\g<0>${{x}}%s{text}"
        for name, text in values.items()
    }
    made = template("|".join(f"{{{{{name}}}}}" for name in order))
    used = {name: hostile[name] for name in order}
    assert made.render(used) == "|".join(hostile[name] for name in order)


@given(PROMPTS.map("".join))
def test_any_prompt_declares_its_own_places(prompt: str) -> None:
    made = template(prompt)
    names = {variable.name for variable in made.variables}
    assert names == set(places(prompt))
    filled = made.render(dict.fromkeys(names, "x"))
    assert filled == re.sub(r"\{\{\s{0,8}[A-Za-z_][A-Za-z0-9_]{0,63}\s{0,8}\}\}", "x", prompt)


@given(st.text())
def test_a_prompt_without_places_renders_to_itself(prompt: str) -> None:
    if not places(prompt):
        assert template(prompt).render({}) == prompt


@pytest.mark.parametrize(
    "prompt",
    ["{name}", "{{}}", "{{ 1 + 1 }}", "{{a.b}}", "{{a|safe}}", "{% if x %}", "${x}", "{{ a b }}"],
)
def test_nothing_else_is_a_place(prompt: str) -> None:
    assert template(prompt).render({}) == prompt


@pytest.mark.parametrize(
    ("values", "named"),
    [({}, "'b'"), ({"b": "x", "c": "y"}, "'c'"), ({"a": "x"}, "'b'")],
)
def test_wrong_values_are_refused_by_name(values: dict[str, str], named: str) -> None:
    made = template("{{a}} {{b}}", a="")
    with pytest.raises(InvalidInput, match=named):
        made.render(values)


def test_a_prompt_does_not_grow_without_bound() -> None:
    made = template("{{a}}" * 1_000)
    assert len(made.render({"a": "x" * 50})) == 50_000
    with pytest.raises(InvalidInput, match="longer"):
        made.render({"a": "x" * LONGEST})


@pytest.mark.parametrize(
    ("prompt", "names", "defaults"),
    [
        ("{{a}}", [], {}),
        ("{{a}}", ["a", "a"], {}),
        ("x", ["1a"], {}),
        ("x", ["a b"], {}),
        ("x", ["a\n"], {}),
        ("x", ["a" * 65], {}),
        ("x", [f"a{number}" for number in range(101)], {}),
        ("{{a}}", None, {"b": ""}),
    ],
)
def test_contradicting_declarations_are_refused(
    prompt: str, names: list[str] | None, defaults: dict[str, str]
) -> None:
    with pytest.raises(InvalidInput):
        declare(prompt, names, defaults)


def test_defaults_may_be_empty() -> None:
    assert declare("{{a}}", None, {"a": ""}) == (Variable("a", ""),)


def test_the_built_in_ones_need_nothing() -> None:
    found = {each.name: each for each in built_in_templates()}
    assert list(found) == [
        "standard_assistant",
        "expert_assistant",
        "customer_support_assistant",
    ]
    for each in found.values():
        more = each.render({"additional_instructions": "Say {{this}} exactly."})
        assert more == f"{each.render({})}\n\nSay {{{{this}}}} exactly."
        assert not places(each.render({}))
        assert each.is_built_in
