"""Turns as resources, which serve all dialects: look, follow, stop."""
