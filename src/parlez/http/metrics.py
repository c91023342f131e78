"""What the server counts, in Prometheus' terms. Labels are route templates and states, never
anything that a caller chose."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from parlez.core.turns import Ending, Turn

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """One set per app. Also what turns, and what they cost, are reported to."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "parlez_request_seconds",
            "Time from a request to the end of its answer, streams included.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._turns = Histogram(
            "parlez_turn_seconds",
            "Time from the start of a turn to its end.",
            ("model", "state"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._tokens = Counter(
            "parlez_tokens",
            "Tokens that models reported, or that are guessed where they did not.",
            ("model", "kind"),
            registry=self.registry,
        )
        self._dollars = Counter(
            "parlez_cost_dollars",
            "What answers cost, where the price is known.",
            ("model",),
            registry=self.registry,
        )
        self._unpriced = Counter(
            "parlez_unpriced_turns",
            "Answers whose price is not known, and which parlez_cost_dollars lacks.",
            ("model",),
            registry=self.registry,
        )
        self.open_turns = Gauge(
            "parlez_open_turns", "Turns that wait or run.", registry=self.registry
        )
        self.open_sockets = Gauge(
            "parlez_open_sockets", "WebSockets that are open.", registry=self.registry
        )

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).observe(seconds)

    def turn_ended(self, turn: Turn, ending: Ending) -> None:
        model = ending.model or turn.model
        self._turns.labels(model, ending.state).observe(ending.seconds)
        if ending.usage:
            self._tokens.labels(model, "prompt").inc(ending.usage.prompt_tokens)
            self._tokens.labels(model, "completion").inc(ending.usage.completion_tokens)

    def spent(self, model: str, microdollars: int) -> None:
        self._dollars.labels(model).inc(microdollars / 1_000_000)

    def unpriced(self, model: str) -> None:
        self._unpriced.labels(model).inc()

    def exposition(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)
