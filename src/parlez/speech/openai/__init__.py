"""OpenAI's audio API, and any server that speaks it."""
