"""Azure's speech service."""
