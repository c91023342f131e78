"""The embedded model that gives texts a place among meanings."""
