"""The command line. Modules that take long to import are imported by the commands that need them,
so that the others answer at once."""
