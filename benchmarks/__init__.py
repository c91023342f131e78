"""What a turn costs, beside the least that it could cost. `make bench` runs all of it."""
