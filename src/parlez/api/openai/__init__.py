"""The dialect of OpenAI's API: chat completions, responses, models."""
