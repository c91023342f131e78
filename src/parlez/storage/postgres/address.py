"""Where a PostgreSQL database is, as its URL says."""

from dataclasses import dataclass, field

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from parlez.core.errors import InvalidInput

SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")


@dataclass(frozen=True, slots=True)
class Address:
    """What libpq is told to connect with. As text it is what people may see: no password, and
    nothing from a part of the URL that could hold one."""

    parameters: dict[str, str] = field(repr=False)
    shown: str

    @property
    def file(self) -> None:
        return None

    def __str__(self) -> str:
        return self.shown


def read_address(url: str) -> Address:
    """Raises `InvalidInput`, which does not repeat the URL."""
    try:
        parsed = make_url(url)
        port = parsed.port
    except (ArgumentError, ValueError):
        raise _unusable("it is not a URL, or its port is not a number") from None
    if parsed.host and "@" in parsed.host:
        raise _unusable("a user name or password in it has to be percent-encoded: %40 for @")
    parameters = {
        "host": parsed.host,
        "port": str(port) if port else None,
        "user": parsed.username,
        "password": str(parsed.password) if parsed.password else None,
        "dbname": parsed.database,
    }
    given = {name: value for name, value in parameters.items() if value}
    options = {
        name: value if isinstance(value, str) else value[-1] for name, value in parsed.query.items()
    }
    return Address({**given, **options}, _shown(parsed))


def require_driver() -> None:
    """Raises `InvalidInput` where psycopg, which is an extra, is not installed."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise InvalidInput(
            "DATABASE_URL names PostgreSQL, for which psycopg is missing. Install it with the "
            "extra: pip install 'parlez[postgres]'"
        ) from None


def _shown(url: URL) -> str:
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"PostgreSQL database {url.database or 'of its user'} at {host}{port}"


def _unusable(why: str) -> InvalidInput:
    return InvalidInput(
        f"DATABASE_URL cannot be used: {why}. Try postgresql://user:password@host/database"
    )
