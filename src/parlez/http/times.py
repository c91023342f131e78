"""Times as dialects show them."""

from datetime import UTC, datetime


def iso_time(microseconds: int) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    time = datetime.fromtimestamp(microseconds / 1_000_000, UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_time_or_none(microseconds: int | None) -> str | None:
    return None if microseconds is None else iso_time(microseconds)
