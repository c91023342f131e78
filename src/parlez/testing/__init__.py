"""Stand-ins for what a server needs from outside, for its tests and for those of plug-ins."""
