"""How the calls of a credential are counted."""

from parlez.core.identity import Standing
from parlez.core.limits import Meter
from parlez.core.tiers import TIERS


def account_meters(account_id: str, standing: Standing) -> tuple[Meter, ...]:
    """All credentials of an account are counted together; nothing is without limit."""
    return (Meter(account_id, TIERS[standing.tier]),) if standing.tier else ()
