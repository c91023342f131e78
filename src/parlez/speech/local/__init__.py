"""The embedded engines: Whisper hears, Piper speaks, each in a process of its own."""
