"""What answers cost."""

import logging
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.support.engine import Ended, Rig

from parlez.core.events import Usage
from parlez.core.messages import State
from parlez.core.prices import Price, cost
from parlez.core.spending import Spending
from parlez.core.turns import Ending


@pytest.mark.parametrize(
    ("usage", "price", "microdollars"),
    [
        (Usage(1_000_000, 0), ("2.50", "10"), 2_500_000),
        (Usage(1_000, 500), ("2.50", "10"), 7_500),
        (Usage(1, 0), ("0.10", "0.50"), 1),
        (Usage(3, 1), ("0.10", "0.50"), 1),
        (Usage(0, 0), ("2.50", "10"), 0),
        (Usage(5, 5), ("0", "0"), 0),
    ],
)
def test_cost_in_microdollars(usage, price, microdollars):
    assert cost(usage, Price(*map(Decimal, price))) == microdollars


def test_an_unknown_price_is_no_price():
    assert cost(Usage(1, 1), None) is None


tokens = some.integers(0, 10**9)
prices = some.decimals(0, 1_000, places=4)


@given(tokens, tokens, prices, prices)
def test_what_costs_is_never_free_and_never_a_microdollar_too_much(prompt, completion, p, c):
    spent = cost(Usage(prompt, completion), Price(p, c))
    exact = prompt * p + completion * c
    assert spent is not None
    assert exact <= spent < exact + 1


class Meter:
    def __init__(self):
        self.told = []

    def spent(self, model, microdollars):
        self.told.append((model, microdollars))

    def unpriced(self, model):
        self.told.append((model, None))


async def test_spending_is_told_and_an_unknown_price_is_an_alarm_once(stores, caplog):
    turn = (await Rig(stores, ["Hello"]).say()).turn
    meter, behind = Meter(), Ended()
    spending = Spending(meter, behind)
    ending = Ending(State.COMPLETED, "stop", usage=Usage(10, 5))
    with caplog.at_level(logging.WARNING):
        spending.turn_ended(turn, ending)
        spending.turn_ended(turn, ending)
        spending.turn_ended(turn, replace(ending, model="priced", cost=20))
        spending.turn_ended(turn, replace(ending, usage=None))
    assert meter.told == [("scripted", None), ("scripted", None), ("priced", 20)]
    assert len(behind.endings) == 4
    assert [record.getMessage() for record in caplog.records] == [
        "the price of scripted is not known: what it costs is not counted"
    ]
