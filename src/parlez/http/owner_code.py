"""The code with which the first owner is made from afar."""

import hmac
import secrets
from dataclasses import dataclass, field

from parlez.core.errors import Unauthenticated
from parlez.core.limits import CallLimit
from parlez.core.throttle import Throttle

TRIES_PER_ADDRESS = CallLimit(10, 300)


@dataclass(frozen=True, slots=True)
class OwnerCode:
    """A secret of this run of the server, which `serve` prints while there is no owner and the
    machine is not the owner by itself. It is good until somebody has used it."""

    throttle: Throttle
    text: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)

    def check(self, code: str, address: str) -> None:
        """Raises `Unauthenticated` for any other, and `RateLimited`."""
        self.throttle.admit(address)
        if not hmac.compare_digest(code.encode(), self.text.encode()):
            raise Unauthenticated("This is not the code that the server printed when it started.")
