"""Speech as engines take and give it."""

from dataclasses import dataclass

HEARING_RATE = 16_000
"""Samples a second that transcribers take."""

SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples without a container: 16 bits each, signed, little-endian, one channel, `rate` a
    second."""

    pcm: bytes
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.pcm) / SAMPLE_BYTES / self.rate
