"""SQLite: one thread that writes in groups, a few that read."""
