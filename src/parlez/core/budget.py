"""A budget, as data."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class Unit(StrEnum):
    """What a budget counts; cost in micro-dollars."""

    TOKENS = "tokens"
    COST = "cost"


class Period(StrEnum):
    """After what a budget begins anew, by the calendar, in UTC."""

    DAY = "day"
    MONTH = "month"

    def start(self, now: int) -> int:
        """The start of the period that a time lies in; both in microseconds since 1970."""
        return _microseconds(self._start(now))

    def end(self, now: int) -> int:
        """The start of the next one."""
        start = self._start(now)
        if self is Period.DAY:
            return _microseconds(start + timedelta(days=1))
        return _microseconds((start + timedelta(days=32)).replace(day=1))

    def _start(self, now: int) -> datetime:
        day = datetime.fromtimestamp(now / 1_000_000, UTC)
        midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight if self is Period.DAY else midnight.replace(day=1)


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent within a period, what has been, and what open turns have set aside.

    `key_id` is None for a budget of the whole account. `resets_at` is in microseconds since 1970.
    """

    id: str
    key_id: str | None
    unit: Unit
    period: Period
    amount: int
    spent: int
    reserved: int
    resets_at: int


def _microseconds(time: datetime) -> int:
    return int(time.timestamp()) * 1_000_000
