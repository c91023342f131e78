"""Callers as route parameters, so that a route's signature says who may come."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from parlez.core.identity import Caller, Right
from parlez.http.services import services


def _with(right: Right) -> Callable[[Request], Awaitable[Caller]]:
    async def caller(request: Request) -> Caller:
        admitted = await services(request).gate.admit(request)
        admitted.require(right)
        return admitted

    return caller


async def _anyone(request: Request) -> Caller:
    return await services(request).gate.admit(request)


AnyCaller = Annotated[Caller, Depends(_anyone)]
"""A caller with any good credential."""

DataCaller = Annotated[Caller, Depends(_with(Right.DATA))]
"""A caller who may use the data of an account."""

KeysCaller = Annotated[Caller, Depends(_with(Right.KEYS))]
"""A caller who may manage the keys of an account."""

AccountCaller = Annotated[Caller, Depends(_with(Right.ACCOUNT))]
"""A caller who may change an account's password, or delete it."""

AdminCaller = Annotated[Caller, Depends(_with(Right.ADMIN))]
"""A caller who may manage the accounts of the server."""
