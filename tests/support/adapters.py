"""Adapters to a wire server, as the rows of the vendors set them up."""

from collections.abc import Callable

import aiohttp
from tests.support.wire_server import WireServer

from parlez.core.models import Model
from parlez.core.ports.chat_model import ChatModel, ChatRequest, Options, Prompt
from parlez.providers.offers import make_offers
from parlez.providers.row_files import read_rows
from parlez.providers.timeouts import Timeouts
from parlez.providers.variables import Source, Variables
from parlez.providers.wire_formats import new_chat

KEY = "sk-test-0123456789"


class Asked:
    """One model of the rows, whose vendor is a wire server."""

    def __init__(self, model: Model, chat: ChatModel):
        self.model = model
        self.chat = chat

    def request(self, prompts: list[Prompt], options: Options | None = None) -> ChatRequest:
        return ChatRequest(self.model.vendor_name, prompts, options or Options())


def ask_as(
    name: str,
    server: WireServer,
    session: Callable[[], aiohttp.ClientSession],
    slept: list[float],
    **more: str,
) -> Asked:
    """The model of that name, set up by its vendor's own variables, with `more` of them."""
    rows = read_rows()
    row = rows.models[name]
    vendor = rows.vendors[getattr(row, "vendor", "")]
    bare = bool(vendor.base_url_path) or vendor.wire_format == "anthropic"
    address = server.base_url.removesuffix("/v1") if bare else server.base_url
    variables = {vendor.base_url_variables[0]: address, **more}
    variables |= dict.fromkeys(vendor.key_variables[:1], KEY)
    offer = make_offers(rows, Variables([(Source.ENVIRONMENT, variables)]))[name]
    assert offer.vendor, offer.model.unavailable

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    chat = new_chat(
        offer.wire_format, offer.vendor, session, timeouts=Timeouts(5, 5, 5), sleep=sleep
    )
    return Asked(offer.model, chat)
