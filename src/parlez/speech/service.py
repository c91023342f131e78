"""All engines of speech together, as they are set up."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import aiohttp

from parlez.core.errors import InvalidInput
from parlez.core.ports.transcriber import Transcriber
from parlez.core.ports.voice import Voice, VoiceRow
from parlez.core.speech import Engines
from parlez.core.speech_engines import Engine, Missing, SpeechEngines
from parlez.speech import setting_up
from parlez.speech.azure import transcriber as azure_transcriber
from parlez.speech.azure import voice as azure_voice
from parlez.speech.azure.transcriber import AzureTranscriber
from parlez.speech.azure.voice import AzureVoice
from parlez.speech.elevenlabs import voice as elevenlabs_voice
from parlez.speech.elevenlabs.voice import ElevenLabsVoice
from parlez.speech.files.reader import DEFAULT_LIMITS, FileLimits, ProcessReader
from parlez.speech.files.writer import ProcessWriter
from parlez.speech.google import transcriber as google_transcriber
from parlez.speech.google import voice as google_voice
from parlez.speech.google.transcriber import GoogleTranscriber
from parlez.speech.google.voice import GoogleVoice
from parlez.speech.local import transcriber as local_transcriber
from parlez.speech.local import voice as local_voice
from parlez.speech.local.activity import LocalActivity, missing_to_attend
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.local.transcriber import LocalTranscriber
from parlez.speech.local.voice import LocalVoice
from parlez.speech.local.weights import missing_to_hear, missing_to_speak
from parlez.speech.openai import transcriber as openai_transcriber
from parlez.speech.openai import voice as openai_voice
from parlez.speech.openai.transcriber import OpenAITranscriber
from parlez.speech.openai.voice import OpenAIVoice
from parlez.speech.setting_up import NotSetUp, SpeechVariables
from parlez.speech.vendor import Vendor

Setup = Vendor | NotSetUp

NOBODY = SpeechVariables()

AZURE_HEARS_AT = "https://{region}.api.cognitive.microsoft.com"
AZURE_SPEAKS_AT = "https://{region}.tts.speech.microsoft.com"

TITLES_OF_HEARING = {
    "openai": openai_transcriber.TITLE,
    "google": google_transcriber.TITLE,
    "azure": azure_transcriber.TITLE,
}
TITLES_OF_SPEAKING = {
    "openai": openai_voice.TITLE,
    "elevenlabs": elevenlabs_voice.TITLE,
    "google": google_voice.TITLE,
    "azure": azure_voice.TITLE,
}
DEFAULT_VOICES = {
    "openai": openai_voice.VOICES[0].id,
    "elevenlabs": elevenlabs_voice.DEFAULT_VOICE,
    "google": google_voice.DEFAULT_VOICE,
    "azure": azure_voice.DEFAULT_VOICE,
}
OPENAI_HEARS = {"openai": openai_transcriber.MODELS}
OPENAI_SPEAKS = {"openai": openai_voice.MODELS}


class SpeechService:
    """Owns the processes of the embedded engines, and the connections to vendors. `reader` and
    `writer` are for files of sound.

    Vendors that are set up come before the embedded engines. `transcriber` and `voice` name those
    that come first instead; raises `InvalidInput` for names that nobody has.
    """

    def __init__(
        self,
        local: LocalSpeech,
        limits: FileLimits = DEFAULT_LIMITS,
        variables: SpeechVariables = NOBODY,
        *,
        transcriber: str | None = None,
        voice: str | None = None,
    ):
        self.reader = ProcessReader(limits)
        self.writer = ProcessWriter()
        self._http: aiohttp.ClientSession | None = None
        self._local: list[LocalTranscriber | LocalVoice | LocalActivity] = []
        self.activity = self._attending(local)
        hearing = self._transcribers(local, variables)
        speaking = self._voices(local, variables)
        self.engines = Engines(
            _first(hearing, transcriber, "PARLEZ_TRANSCRIBER"),
            _first(speaking, voice, "PARLEZ_VOICE"),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """End processes and connections at the end of the context."""
        try:
            yield
        finally:
            for engine in self._local:
                await engine.close()
            if self._http is not None:
                await self._http.close()

    def _attending(self, local: LocalSpeech) -> LocalActivity | None:
        if missing_to_attend(local):
            return None
        made = LocalActivity(local)
        self._local.append(made)
        return made

    def _session(self) -> aiohttp.ClientSession:
        """Made at the first use, within the running event loop."""
        if self._http is None:
            self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._http

    def _transcribers(
        self, local: LocalSpeech, variables: SpeechVariables
    ) -> SpeechEngines[Transcriber]:
        vendors: dict[str, Setup] = {
            "openai": setting_up.openai(variables, openai_transcriber.TITLE),
            "google": setting_up.with_key(
                variables,
                "google",
                google_transcriber.TITLE,
                google_transcriber.ADDRESS,
                "GOOGLE_API_KEY",
            ),
            "azure": setting_up.azure(variables, azure_transcriber.TITLE, AZURE_HEARS_AT),
        }
        makers: dict[str, Callable[[Vendor], Transcriber]] = {
            "openai": lambda vendor: self._openai_transcriber(vendor, variables),
            "google": lambda vendor: GoogleTranscriber(vendor, self._session),
            "azure": lambda vendor: AzureTranscriber(vendor, self._session),
        }
        found = [makers[name](each) for name, each in vendors.items() if isinstance(each, Vendor)]
        missing = {
            name: Missing(TITLES_OF_HEARING[name], each.reason, OPENAI_HEARS.get(name, ()))
            for name, each in vendors.items()
            if isinstance(each, NotSetUp)
        }
        if reason := missing_to_hear(local):
            missing["local"] = Missing(local_transcriber.TITLE, reason)
        else:
            embedded = LocalTranscriber(local)
            self._local.append(embedded)
            found.append(embedded)
        return SpeechEngines(found, missing)

    def _voices(self, local: LocalSpeech, variables: SpeechVariables) -> SpeechEngines[Voice]:
        vendors: dict[str, Setup] = {
            "openai": setting_up.openai(variables, openai_voice.TITLE),
            "elevenlabs": setting_up.with_key(
                variables,
                "elevenlabs",
                elevenlabs_voice.TITLE,
                elevenlabs_voice.ADDRESS,
                "ELEVENLABS_API_KEY",
            ),
            "google": setting_up.with_key(
                variables, "google", google_voice.TITLE, google_voice.ADDRESS, "GOOGLE_API_KEY"
            ),
            "azure": setting_up.azure(variables, azure_voice.TITLE, AZURE_SPEAKS_AT),
        }
        makers: dict[str, Callable[[Vendor], Voice]] = {
            "openai": lambda vendor: self._openai_voice(vendor, variables),
            "elevenlabs": lambda vendor: ElevenLabsVoice(vendor, self._session),
            "google": lambda vendor: GoogleVoice(vendor, self._session),
            "azure": lambda vendor: AzureVoice(vendor, self._session),
        }
        found = [makers[name](each) for name, each in vendors.items() if isinstance(each, Vendor)]
        missing = {
            name: Missing(
                TITLES_OF_SPEAKING[name],
                each.reason,
                OPENAI_SPEAKS.get(name, ()),
                DEFAULT_VOICES[name],
            )
            for name, each in vendors.items()
            if isinstance(each, NotSetUp)
        }
        if reason := missing_to_speak(local):
            missing["local"] = Missing(local_voice.TITLE, reason)
        else:
            embedded = LocalVoice(local)
            self._local.append(embedded)
            found.append(embedded)
        return SpeechEngines(found, missing)

    def _openai_transcriber(self, vendor: Vendor, variables: SpeechVariables) -> Transcriber:
        named = variables.get("OPENAI_AUDIO_TRANSCRIBE_MODEL")
        models = _named_first(named, openai_transcriber.MODELS)
        if vendor.base_url == setting_up.OPENAI_ADDRESS:
            return OpenAITranscriber(vendor, self._session, models)
        # What another server asks for it, nobody knows.
        return OpenAITranscriber(vendor, self._session, models, {})

    def _openai_voice(self, vendor: Vendor, variables: SpeechVariables) -> Voice:
        models = _named_first(variables.get("OPENAI_AUDIO_SPEECH_MODEL"), openai_voice.MODELS)
        own = variables.get("OPENAI_AUDIO_VOICE")
        voices: Sequence[VoiceRow] = openai_voice.VOICES
        if own:
            voices = (VoiceRow(own, own), *(row for row in voices if row.id != own))
        if vendor.base_url == setting_up.OPENAI_ADDRESS:
            return OpenAIVoice(vendor, self._session, models, voices)
        return OpenAIVoice(vendor, self._session, models, voices, {})


def _named_first(named: str | None, others: Sequence[str]) -> list[str]:
    return [named, *(each for each in others if each != named)] if named else list(others)


def _first(engines: SpeechEngines[Engine], name: str | None, setting: str) -> SpeechEngines[Engine]:
    """The same engines, with the named one in front. Raises `InvalidInput`."""
    if not name:
        return engines
    known = [each.about.name for each in engines.usable]
    if name not in known:
        reason = engines.missing[name].reason if name in engines.missing else "There is no such."
        raise InvalidInput(f"{setting} cannot be used. {reason}")
    ordered = sorted(engines.usable, key=lambda each: each.about.name != name)
    return SpeechEngines(ordered, engines.missing)
