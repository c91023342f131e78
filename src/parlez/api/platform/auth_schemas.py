"""Signing in and up, as JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr

from parlez.api.platform.account_schemas import AccountResponse
from parlez.core.passwords import LONGEST
from parlez.http.fields import Label, Text

Username = Annotated[Label, Field(examples=["ada"])]

Password = Annotated[
    SecretStr,
    Field(
        description="At least 10 characters.",
        max_length=LONGEST,
        examples=["a long enough secret"],
    ),
]


class SignUpRequest(BaseModel):
    username: Username
    password: Password
    code: Annotated[Text | None, Field(description="An owner's invitation.")] = None


class SignInRequest(BaseModel):
    username: Username
    password: Password


class ChangePasswordRequest(BaseModel):
    old_password: Password
    new_password: Password


class SessionResponse(BaseModel):
    account: AccountResponse
    csrf_token: str = Field(description="Send it as X-CSRF-Token with every change.")
    expires_at: str = Field(description="When the session ends, unless it is used before.")


class MeResponse(BaseModel):
    account: AccountResponse
    credential: Literal["session", "key", "machine"] = Field(
        description="What let the request in; `machine` is that it comes from there."
    )
    scopes: list[str] = Field(description="What the credential may be used for.")
    features: dict[str, bool] = Field(description="What the tier includes.")
    csrf_token: str | None = Field(description="Of a session; send it with every change.")
