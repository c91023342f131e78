"""What reading JSON of an unexpected shape raises."""

NONSENSE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
