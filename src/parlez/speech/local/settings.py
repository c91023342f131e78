"""How the embedded engines are run."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LocalSpeech:
    """`whisper` is a folder with a Whisper model in CTranslate2's format and `piper` a voice of
    Piper's, with its `.json` beside it; None for those that the lock brings.

    Each engine works on `slots` tasks at once with `threads` threads for each; where that is None,
    Piper has as many as there are processors, up to four, and Whisper half as many. Further tasks
    take turns with them. After `idle_seconds` without a task its process ends. `start_seconds` is
    how long loading may take, and `silent_seconds` how long nothing may come of it while there is
    something to do.
    """

    whisper: Path | None = None
    piper: Path | None = None
    slots: int = 2
    threads: int | None = None
    idle_seconds: float = 600.0
    start_seconds: float = 60.0
    silent_seconds: float = 120.0
