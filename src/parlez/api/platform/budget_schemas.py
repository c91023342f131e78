"""Budgets as JSON."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from parlez.core.budget import Budget, Period, Unit
from parlez.http.fields import Label
from parlez.http.times import iso_time

_MICRODOLLARS = 1_000_000


class SetBudgetRequest(BaseModel):
    key_id: Annotated[
        Label | None, Field(description="The key that it is for; else the whole account.")
    ] = None
    unit: Unit = Field(description="Tokens, or cost in US dollars.")
    period: Period = Field(description="After what it begins anew, by the calendar, in UTC.")
    amount: Annotated[Decimal, Field(ge=0, le=1_000_000_000, examples=[5])]

    @property
    def in_its_unit(self) -> int:
        """The amount in tokens or micro-dollars."""
        return int(self.amount if self.unit is Unit.TOKENS else self.amount * _MICRODOLLARS)


class BudgetResponse(BaseModel):
    id: str
    key_id: str | None
    unit: Unit
    period: Period
    amount: float
    spent: float
    reserved: float = Field(description="What turns that are under way may cost.")
    resets_at: str


class BudgetsResponse(BaseModel):
    budgets: list[BudgetResponse]


def encode_budget(found: Budget) -> BudgetResponse:
    scale = 1 if found.unit is Unit.TOKENS else _MICRODOLLARS
    return BudgetResponse(
        id=found.id,
        key_id=found.key_id,
        unit=found.unit,
        period=found.period,
        amount=found.amount / scale,
        spent=found.spent / scale,
        reserved=found.reserved / scale,
        resets_at=iso_time(found.resets_at),
    )
