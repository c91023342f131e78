"""From variables to the vendors that can be asked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from parlez.speech.vendor import Vendor

VARIABLES: Mapping[str, tuple[str, str]] = {
    "OPENAI_API_KEY": ("OpenAI", "the key"),
    "OPENAI_BASE_URL": ("OpenAI", "where it is set, nothing is sent to OpenAI itself"),
    "OPENAI_AUDIO_BASE_URL": ("OpenAI", "another server that speaks OpenAI's audio API"),
    "OPENAI_AUDIO_TRANSCRIBE_MODEL": ("OpenAI", "the model that hears there; else `whisper-1`"),
    "OPENAI_AUDIO_SPEECH_MODEL": ("OpenAI", "the model that speaks there; else `tts-1`"),
    "OPENAI_AUDIO_VOICE": ("OpenAI", "the voice that speaks there; else `alloy`"),
    "ELEVENLABS_API_KEY": ("ElevenLabs", "the key"),
    "GOOGLE_API_KEY": ("Google", "the key; it must be let into both speech APIs"),
    "AZURE_SPEECH_KEY": ("Azure", "the key of a speech resource"),
    "AZURE_SPEECH_REGION": ("Azure", "its region, like `westeurope`"),
}
"""What vendors of speech are set up with: whose each is, and what for."""

OPENAI_ADDRESS = "https://api.openai.com/v1"

_REGION = re.compile("[a-z0-9]{1,40}")


@dataclass(frozen=True, slots=True)
class SpeechVariables:
    """The variables that are set. `untrusted` are those that came with the folder that the server
    was started in: an address among them gets no key that was not."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    untrusted: frozenset[str] = frozenset()

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def mixed(self, key: str, address: str) -> bool:
        return key in self.values and address in self.untrusted and key not in self.untrusted


@dataclass(frozen=True, slots=True)
class NotSetUp:
    """Why a vendor cannot be asked, and what would change that."""

    reason: str


def openai(variables: SpeechVariables, title: str) -> Vendor | NotSetUp:
    """OpenAI itself, or the server that stands in for it, which may need no key."""
    key = variables.get("OPENAI_API_KEY")
    address = variables.get("OPENAI_AUDIO_BASE_URL")
    if variables.mixed("OPENAI_API_KEY", "OPENAI_AUDIO_BASE_URL"):
        return NotSetUp(
            "OPENAI_AUDIO_BASE_URL comes from .env and OPENAI_API_KEY does not. A key is sent only "
            "to an address from the same place: set both in one of them."
        )
    if address is None:
        if key is None:
            return NotSetUp("Set OPENAI_API_KEY to use it.")
        other = variables.get("OPENAI_BASE_URL")
        if other is not None and other.rstrip("/") != OPENAI_ADDRESS:
            return NotSetUp(
                "OPENAI_BASE_URL names another server. Set OPENAI_AUDIO_BASE_URL to one that "
                "speaks OpenAI's audio API."
            )
    return Vendor(
        "openai",
        title,
        address or OPENAI_ADDRESS,
        key,
        "OPENAI_API_KEY",
        "OPENAI_AUDIO_BASE_URL",
    )


def with_key(
    variables: SpeechVariables, name: str, title: str, address: str, key_name: str
) -> Vendor | NotSetUp:
    """A vendor that needs nothing but a key."""
    key = variables.get(key_name)
    if key is None:
        return NotSetUp(f"Set {key_name} to use it.")
    return Vendor(name, title, address, key, key_name)


def azure(variables: SpeechVariables, title: str, address: str) -> Vendor | NotSetUp:
    """`address` has the region's place in it, as `{region}`."""
    key, region = variables.get("AZURE_SPEECH_KEY"), variables.get("AZURE_SPEECH_REGION")
    wanted = {"AZURE_SPEECH_KEY": key, "AZURE_SPEECH_REGION": region}
    missing = [name for name, value in wanted.items() if value is None]
    if region is None or key is None:
        return NotSetUp(f"Set {' and '.join(missing)} to use it.")
    if not _REGION.fullmatch(region):
        return NotSetUp("AZURE_SPEECH_REGION is no name of a region, like westeurope.")
    return Vendor(
        "azure",
        title,
        address.replace("{region}", region),
        key,
        "AZURE_SPEECH_KEY",
        "AZURE_SPEECH_REGION",
    )
