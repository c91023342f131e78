"""The embedded model: llama.cpp in a child process, spoken to like any vendor."""
