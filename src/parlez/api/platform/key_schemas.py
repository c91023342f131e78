"""Keys as JSON."""

from typing import Annotated

from pydantic import BaseModel, Field, StrictInt

from parlez.core.identity import Right
from parlez.http.fields import Label


class CreateKeyRequest(BaseModel):
    name: Annotated[Label, Field(description="What the key is for.", examples=["my website"])]
    scopes: list[Right] = Field(
        default=[Right.DATA], description="What it may be used for.", min_length=1
    )
    expires_in_days: Annotated[StrictInt, Field(ge=1, le=36_500)] | None = None


class KeyResponse(BaseModel):
    id: str
    name: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    revoked_at: str | None


class NewKeyResponse(KeyResponse):
    key: str = Field(description="The key itself. It is shown only now.")


class KeysResponse(BaseModel):
    keys: list[KeyResponse]


class RotateKeyRequest(BaseModel):
    overlap_seconds: Annotated[
        StrictInt, Field(ge=0, le=31_536_000, description="How long the old key stays good.")
    ] = 3_600
