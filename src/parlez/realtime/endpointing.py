"""Where what somebody says begins and ends, in a stream of sound that has no end."""

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

from parlez.core.ports.voice_activity import WINDOW_SAMPLES
from parlez.core.sound import HEARING_RATE, Sound

WINDOW_SECONDS = WINDOW_SAMPLES / HEARING_RATE


@dataclass(frozen=True, slots=True)
class Manner:
    """Times are in seconds. A window is a voice from `begins` on, and one that follows a voice from
    `goes_on` on. After a silence of `pause` it is worth while to listen to what was said, and after
    one of `end` it is over. What has less than `shortest` of voice in it was a noise. `before` is
    kept from before the voice, and nothing is longer than `longest`."""

    begins: float = 0.5
    goes_on: float = 0.35
    pause: float = 0.2
    end: float = 0.5
    shortest: float = 0.09
    before: float = 0.3
    longest: float = 60.0


class Change(Enum):
    BEGAN = auto()
    PAUSED = auto()
    WENT_ON = auto()
    ENDED = auto()
    WAS_NOISE = auto()


class Endpointer:
    """One window after the other goes in; what changes by it comes out. `voiced` is how much voice
    there is in what is being said, and `silence` how long ago the last of it was, in seconds."""

    def __init__(self, manner: Manner):
        self._manner = manner
        self._before: deque[bytes] = deque(maxlen=round(manner.before / WINDOW_SECONDS))
        self._said = bytearray()
        self._paused = False
        self.speaking = False
        self.voiced = 0.0
        self.silence = 0.0

    @property
    def sound(self) -> Sound:
        """What is being said, up to now."""
        return Sound(bytes(self._said), HEARING_RATE)

    def forget(self) -> None:
        """Begin anew: what was said is taken, or was nothing."""
        self._said.clear()
        self.speaking = self._paused = False
        self.voiced = self.silence = 0.0

    def add(self, window: bytes, likelihood: float) -> Change | None:
        manner = self._manner
        is_voice = likelihood >= (manner.goes_on if self.speaking else manner.begins)
        if not self.speaking:
            if not is_voice:
                self._before.append(window)
                return None
            self._said += b"".join(self._before)
            self._before.clear()
        self._said += window
        if is_voice:
            return self._on_voice()
        return self._on_silence()

    def _on_voice(self) -> Change | None:
        began, went_on = not self.speaking, self._paused
        self.speaking, self._paused = True, False
        self.voiced += WINDOW_SECONDS
        self.silence = 0.0
        if began:
            return Change.BEGAN
        if self._is_too_long:
            return Change.ENDED
        return Change.WENT_ON if went_on else None

    def _on_silence(self) -> Change | None:
        self.silence += WINDOW_SECONDS
        if not self._paused and self.silence >= self._manner.pause:
            if self.voiced < self._manner.shortest:
                self.forget()
                return Change.WAS_NOISE
            self._paused = True
            return Change.PAUSED
        if self.silence >= self._manner.end or self._is_too_long:
            return Change.ENDED
        return None

    @property
    def _is_too_long(self) -> bool:
        return self.sound_seconds >= self._manner.longest

    @property
    def sound_seconds(self) -> float:
        return len(self._said) / 2 / HEARING_RATE
