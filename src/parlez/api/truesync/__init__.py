"""The dialect of the TrueSyncAI Chat API: make a key, chat."""
