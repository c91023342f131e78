"""Callers as route parameters, so that a route's signature says who may come."""

from typing import Annotated

from fastapi import Depends, Request

from parlez.core.identity import Caller, Right
from parlez.http.services import services


async def _data_caller(request: Request) -> Caller:
    caller = await services(request).gate.admit(request)
    caller.require(Right.DATA)
    return caller


async def _keys_caller(request: Request) -> Caller:
    caller = await services(request).gate.admit(request)
    caller.require(Right.KEYS)
    return caller


DataCaller = Annotated[Caller, Depends(_data_caller)]
"""A caller who may use the data of an account."""

KeysCaller = Annotated[Caller, Depends(_keys_caller)]
"""A caller who may manage the keys of an account."""
