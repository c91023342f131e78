"""Parlez: a self-hosted conversation server."""

__version__ = "0.1.0"
