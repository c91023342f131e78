"""Moving everything from one database to another, through a file."""
