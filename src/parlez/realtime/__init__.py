"""Talking aloud, over ports: no socket, no vendor."""
