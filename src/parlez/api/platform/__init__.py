"""The dialect of the platform API."""
