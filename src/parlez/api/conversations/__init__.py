"""The dialect of the AI Conversation API: start, send, history."""
