"""Tickets."""

import pytest

from parlez.core.errors import Unauthenticated
from parlez.core.identity import Caller, Scope
from parlez.http import tickets
from parlez.http.tickets import Tickets, offered_ticket


class Clock:
    def __init__(self) -> None:
        self.time = 1_000_000

    def now(self) -> int:
        return self.time


ME = Caller(Scope("me"), frozenset())


def test_they_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "_MOST_TICKETS", 3)
    kept = Tickets(Clock())
    issued = [kept.issue(ME) for _ in range(4)]
    with pytest.raises(Unauthenticated):
        kept.redeem(issued[0])
    assert [kept.redeem(each) for each in issued[1:]] == [ME] * 3


def test_those_that_are_over_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "_MOST_TICKETS", 2)
    clock = Clock()
    kept = Tickets(clock)
    kept.issue(ME)
    clock.time += 59_000_000
    good = kept.issue(ME)
    clock.time += 2_000_000
    kept.issue(ME)
    assert kept.redeem(good) == ME


def test_a_ticket_is_found_among_protocols() -> None:
    issued = Tickets(Clock()).issue(ME)
    assert offered_ticket(["parlez", issued, "other"]) == issued
    assert offered_ticket(["parlez"]) is None
