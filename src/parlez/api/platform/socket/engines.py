"""Who hears and who speaks for one WebSocket: whom the client names, or else somebody who can."""

from dataclasses import dataclass

from parlez.api.platform.socket.channel import Channel
from parlez.core.errors import InvalidInput, ModelUnavailable
from parlez.core.ports.transcriber import Care, Hearing
from parlez.core.ports.voice import Speaking
from parlez.core.speech import Speech


@dataclass(frozen=True, slots=True)
class Hearer:
    provider: str
    hearing: Hearing


@dataclass(frozen=True, slots=True)
class Speaker:
    provider: str
    speaking: Speaking

    @property
    def shown(self) -> dict[str, str | None]:
        return {"provider": self.provider, "voice": self.speaking.voice}


async def choose_hearer(
    speech: Speech, channel: Channel, provider: str | None, language: str | None
) -> Hearer:
    """Raises `InvalidInput` for a language that none knows, and `ModelUnavailable` where nobody
    hears."""
    try:
        engine, model = speech.transcribers.choose(provider, None, language)
    except (InvalidInput, ModelUnavailable) as error:
        if provider is None:
            raise
        engine, model = speech.transcribers.choose(None, None, language)
        await _tell(channel, "stt_provider", engine.about.name, error.message)
    return Hearer(engine.about.name, Hearing(language, model, care=Care.BRISK))


async def choose_speaker(
    speech: Speech, channel: Channel, provider: str | None, voice: str | None, language: str | None
) -> Speaker | None:
    """None where nobody speaks: the answer is in writing alone. Raises `InvalidInput` for a
    language that none knows."""
    try:
        engine, model = speech.voices.choose(provider, None, language)
    except (InvalidInput, ModelUnavailable) as error:
        if not speech.voices.usable:
            await _tell(channel, "tts_provider", None, error.message)
            return None
        if provider is None:
            raise
        engine, model = speech.voices.choose(None, None, language)
        await _tell(channel, "tts_provider", engine.about.name, error.message)
    about = engine.about
    if voice is None or not (about.any_voice or voice in [row.id for row in about.voices]):
        own = about.voices[0].id if about.voices else None
        if voice is not None:
            await _tell(channel, "tts_voice", own, f"{about.title} has no such voice.")
        voice = own
    return Speaker(about.name, Speaking(voice, model, language))


async def _tell(channel: Channel, what: str, instead: str | None, message: str) -> None:
    await channel.send("status", status="fallback", what=what, instead=instead, message=message)
