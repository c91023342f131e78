"""What words count for."""

from parlez.core.rarity import COUNTED, FREQUENT, weights


def test_the_rarer_a_word_is_the_more_it_counts() -> None:
    found = weights({"rare": 1, "known": 50, "nowhere": 0}, 100)
    assert found.keys() == {"rare", "known"}
    assert found["rare"] > found["known"] > 0


def test_what_stands_nearly_everywhere_does_not_count() -> None:
    assert weights({"rare": 5, "everywhere": 1_500}, 1_600).keys() == {"rare"}
    assert weights({"rare": 5, "frequent": FREQUENT}, COUNTED).keys() == {"rare"}


def test_unless_there_is_nothing_else() -> None:
    assert weights({"everywhere": 1_500}, 1_600)["everywhere"] > 0
    assert weights({"frequent": FREQUENT, "too": FREQUENT}, COUNTED).keys() == {"frequent", "too"}
    assert weights({"x": 9}, 10)["x"] > 0
