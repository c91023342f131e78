"""Accounts as JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, StrictBool, field_validator

from parlez.core.identity import Role
from parlez.core.passwords import LONGEST
from parlez.core.tiers import TIERS
from parlez.http.fields import Text


class AccountResponse(BaseModel):
    id: str
    username: str | None = Field(description="Null where nobody can sign in.")
    role: Literal["owner", "member"]
    tier: str | None = Field(description="Null is without limit.")
    created_at: str
    disabled_at: str | None


class AccountsResponse(BaseModel):
    accounts: list[AccountResponse]
    next: str | None = Field(description="Ask with `after` for the accounts behind these.")


class ChangeAccountRequest(BaseModel):
    """What is not sent stays as it is."""

    role: Role | None = None
    tier: Annotated[str | None, Field(description="Null is without limit.", examples=["Pro"])] = (
        None
    )
    disabled: StrictBool | None = None

    @field_validator("tier")
    @classmethod
    def _known(cls, tier: str | None) -> str | None:
        if tier is not None and tier not in TIERS:
            raise ValueError(f"is one of {', '.join(TIERS)}, or null")
        return tier


class DeleteAccountRequest(BaseModel):
    password: Annotated[
        SecretStr | None, Field(description="Of the account, in a session.", max_length=LONGEST)
    ] = None
    confirm: Annotated[
        Text | None,
        Field(description="The account's username or id, with a key or on the machine."),
    ] = None


class ErasedResponse(BaseModel):
    erased: dict[str, int] = Field(
        description="How many of each there were.",
        examples=[{"account": 1, "conversation": 3, "message": 12}],
    )
