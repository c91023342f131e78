"""A voice of Piper's that is heard while it speaks. Only to be used in the process that speaks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from piper import PiperConfig, PiperVoice, SynthesisConfig
from piper.config import PhonemeType

from parlez.speech.local.cut_model import cut_model
from parlez.speech.local.decoding import in_pieces
from parlez.speech.local.network import load_network

_DIGITS = "1, 2, 3, 4, 5, 6, 7, 8, 9."
"""What can be said in every language."""

_PEAK = 0.8
"""How loud the loudest of the sample is to be, of 1; louder sounds than that have room above it.
Piper itself makes each sentence as loud as can be, for which it has to have all of it."""

_FULL_SCALE = 32_767


class LivePiper:
    """Piper makes frames of all of a sentence, and sound of them, which takes most of the time.
    Here the frames are made into sound piece by piece. `threads` are for one task."""

    def __init__(self, weights: Path, threads: int):
        told = json.loads(weights.with_name(weights.name + ".json").read_text(encoding="utf-8"))
        halves = cut_model(weights)
        network, decoder = halves or (str(weights), None)
        self._voice = PiperVoice(
            session=load_network(network, threads), config=PiperConfig.from_dict(told)
        )
        self._decoder = load_network(decoder, threads) if decoder else None
        self._gain = 1.0
        sample = self._sounds(self._sample(), 1.0)
        peak = max((float(np.abs(each).max()) for each in sample), default=0.0)
        if peak > 0:
            self._gain = _PEAK / peak

    @property
    def rate(self) -> int:
        """Samples a second."""
        return int(self._voice.config.sample_rate)

    def say(self, text: str, speed: float) -> Iterator[bytes]:
        """A text aloud, piece by piece, in 16 bits a sample."""
        for sound in self._sounds(text, speed):
            loud = np.clip(sound * self._gain, -1.0, 1.0) * _FULL_SCALE
            yield loud.astype("<i2").tobytes()

    def _sample(self) -> str:
        config = self._voice.config
        if config.phoneme_type is PhonemeType.TEXT:
            # It knows letters and no words, so that it may be silent at a digit.
            return "".join(filter(str.isalpha, config.phoneme_id_map))
        return _DIGITS

    def _sounds(self, text: str, speed: float) -> "Iterator[np.ndarray[Any, Any]]":
        pace = SynthesisConfig(length_scale=self._voice.config.length_scale / speed)
        # Two brackets would tell Piper that what is in them is phonemes, and not words.
        for phonemes in self._voice.phonemize(text.replace("[", "[ ")):
            if phonemes:
                ids = self._voice.phonemes_to_ids(phonemes)
                # It is sound already where the voice could not be cut.
                made: Any = self._voice.phoneme_ids_to_audio(ids, pace)
                yield from in_pieces(made, self.decode) if self._decoder else [made]

    def decode(self, frames: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """The sound of frames (channels, count)."""
        assert self._decoder
        [given] = self._decoder.get_inputs()
        sound: np.ndarray[Any, Any] = self._decoder.run(None, {given.name: frames[None]})[0]
        return sound.reshape(-1)
