"""Counting what turns cost, and raising an alarm where that cannot be counted."""

import logging

from parlez.core.ports.cost_meter import CostMeter
from parlez.core.ports.telemetry import Telemetry
from parlez.core.prices import PriceList
from parlez.core.turns import Ending, Turn

logger = logging.getLogger(__name__)


class Spending:
    """Implements `core.ports.telemetry.Telemetry`, and passes on what it is told."""

    def __init__(self, prices: PriceList, meter: CostMeter, following: Telemetry) -> None:
        self._prices = prices
        self._meter = meter
        self._following = following
        self._warned: set[str] = set()

    def turn_ended(self, turn: Turn, ending: Ending, seconds: float) -> None:
        self._following.turn_ended(turn, ending, seconds)
        if ending.usage is None:
            return
        model = ending.model or turn.model
        spent = self._prices.cost(model, ending.usage)
        if spent is not None:
            self._meter.spent(model, spent)
            return
        self._meter.unpriced(model)
        if model not in self._warned:
            self._warned.add(model)
            logger.warning("the price of %s is not known: what it costs is not counted", model)
