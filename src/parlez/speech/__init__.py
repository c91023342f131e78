"""Engines that hear and speak, and files of sound."""
