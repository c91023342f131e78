"""Whisper for short utterances. Only to be used in the process that hears."""

from typing import Any

import numpy as np
from faster_whisper import WhisperModel

MARGIN = 1_000
"""Frames of 10 ms behind what was said that are looked at with it. The fewer they are, the more
often a sentence is heard twice. With 1,000 hearing takes two fifths of the time, and 3.3 of 100
words of short, noisy or hasty sentences are wrong, where all frames make 2.6."""

_FRAMES = 3_000


class BriefWhisper(WhisperModel):  # type: ignore[misc]
    """Looks at little more than what was said. Whisper itself looks at half a minute, however short
    an utterance is, which takes most of its time."""

    def __init__(self, whole: WhisperModel):
        # It is the same model, and only asked otherwise.
        self.__dict__.update(whole.__dict__)

    def encode(self, features: "np.ndarray[Any, Any]") -> Any:
        said = np.flatnonzero(features.any(axis=0))
        end = (int(said[-1]) + 1 if len(said) else 0) + MARGIN
        # Its first layer takes two frames for one.
        return super().encode(np.ascontiguousarray(features[:, : min(end + end % 2, _FRAMES)]))
