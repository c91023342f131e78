"""What of a spoken answer has been heard."""

from collections.abc import Callable
from dataclasses import dataclass

CHARACTERS_PER_SECOND = 15.0
"""What a voice says, about: how long a sentence is of which not all is spoken yet."""


@dataclass(slots=True)
class _Sentence:
    text: str
    seconds: float = 0.0
    whole: bool = False

    @property
    def length(self) -> float:
        """Seconds, guessed as long as not all of it is there."""
        if self.whole:
            return self.seconds
        return max(self.seconds, len(self.text) / CHARACTERS_PER_SECOND)


class Playout:
    """A clock that begins with the first sound and stands still while there is a pause. The client
    may say how far it is, which is better than a guess; whatever it says, nobody has heard what was
    not sent."""

    def __init__(self, time: Callable[[], float]):
        self._time = time
        self._sentences: list[_Sentence] = []
        self._sent = 0.0
        self._played = 0.0
        self._at = 0.0
        self._paused = False

    @property
    def played(self) -> float:
        """Seconds that were heard."""
        running = self._sent > 0 and not self._paused
        gone = self._time() - self._at if running else 0.0
        return min(self._sent, self._played + gone)

    @property
    def ahead(self) -> float:
        """Seconds that were sent and not heard yet."""
        return self._sent - self.played

    def begin_sentence(self, text: str) -> None:
        """What is sent from now on belongs to another sentence."""
        self.end_sentence()
        self._sentences.append(_Sentence(text))

    def end_sentence(self) -> None:
        if self._sentences:
            self._sentences[-1].whole = True

    def send(self, seconds: float) -> None:
        """So much more was sent."""
        # Silence between two sentences is not time that was heard.
        self._set(self.played)
        self._sent += seconds
        self._sentences[-1].seconds += seconds

    def report(self, seconds: float) -> None:
        """The client has played so much."""
        self._set(max(0.0, min(seconds, self._sent)))

    def pause(self) -> None:
        self._set(self.played)
        self._paused = True

    def resume(self) -> None:
        self._set(self.played)
        self._paused = False

    def heard(self) -> str:
        """The beginning of the answer that was heard: whole sentences exactly, and of one that was
        cut off the words by their share of its time."""
        left, heard = self.played, ""
        for sentence in self._sentences:
            if sentence.whole and sentence.seconds <= left + 1e-6:
                heard += sentence.text
                left -= sentence.seconds
                continue
            share = left / sentence.length if sentence.length else 0.0
            heard += _words(sentence.text, share)
            break
        return heard.rstrip()

    def _set(self, played: float) -> None:
        self._played = played
        self._at = self._time()


def _words(text: str, share: float) -> str:
    """The words of a text that take about a share of it, the last one only if most of it is in."""
    cut = round(len(text) * min(1.0, share))
    start = text.rfind(" ", 0, cut) + 1
    end = text.find(" ", cut)
    end = len(text) if end < 0 else end
    return text[:end] if cut - start > (end - start) / 2 else text[:start]
