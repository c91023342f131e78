"""What the domain needs from outside, one short file per plug-in point."""
