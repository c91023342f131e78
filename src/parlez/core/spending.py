"""Counting what turns cost, and raising an alarm where that cannot be counted."""

import logging

from parlez.core.ports.cost_meter import CostMeter
from parlez.core.ports.telemetry import Telemetry
from parlez.core.turns import Ending, Turn

logger = logging.getLogger(__name__)


class Spending:
    """Implements `core.ports.telemetry.Telemetry`, and passes on what it is told."""

    def __init__(self, meter: CostMeter, following: Telemetry) -> None:
        self._meter = meter
        self._following = following
        self._warned: set[str] = set()

    def turn_ended(self, turn: Turn, ending: Ending) -> None:
        self._following.turn_ended(turn, ending)
        if ending.usage is None:
            return
        model = ending.model or turn.model
        if ending.cost is not None:
            self._meter.spent(model, ending.cost)
            return
        self._meter.unpriced(model)
        if model not in self._warned:
            self._warned.add(model)
            logger.warning("the price of %s is not known: what it costs is not counted", model)
