"""How to answer, as the dialect takes it."""

from typing import Annotated

from pydantic import BaseModel, Field, StrictInt

from parlez.core.ports.chat_model import Options
from parlez.http.fields import Text

StopText = Annotated[Text, Field(min_length=1, max_length=255)]


class Sampling(BaseModel):
    """Options that are passed on where the vendor has them."""

    temperature: Annotated[float, Field(strict=True, ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(strict=True, gt=0, le=1)] | None = None
    max_tokens: Annotated[StrictInt, Field(ge=1, le=10_000_000)] | None = None
    stop: StopText | Annotated[list[StopText], Field(max_length=16)] | None = Field(
        None, description="What ends the answer where the model would say it; one text or several."
    )
    seed: Annotated[StrictInt, Field(ge=-(2**63), lt=2**63)] | None = None

    @property
    def options(self) -> Options:
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        return Options(self.temperature, self.top_p, self.max_tokens, stop, self.seed)
