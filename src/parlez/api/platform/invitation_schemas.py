"""Invitations as JSON."""

from typing import Annotated

from pydantic import BaseModel, Field, StrictInt

from parlez.http.fields import Label


class CreateInvitationRequest(BaseModel):
    name: Annotated[Label, Field(description="Whom it is for.", examples=["Grace"])]
    expires_in_days: Annotated[StrictInt, Field(ge=1, le=90)] = 7


class InvitationResponse(BaseModel):
    id: str
    name: str
    created_at: str
    expires_at: str
    used_at: str | None
    revoked_at: str | None


class NewInvitationResponse(InvitationResponse):
    code: str = Field(description="What to sign up with, once. It is shown only now.")


class InvitationsResponse(BaseModel):
    invitations: list[InvitationResponse]
    next: str | None = Field(description="Ask with `before` for the invitations before these.")
