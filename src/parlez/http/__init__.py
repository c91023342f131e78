"""What all dialects share at the edge: credentials, errors, limits, event streams."""
