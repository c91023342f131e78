"""Does PostgreSQL answer, and does what it holds fit? Nothing is changed to find out."""

from datetime import UTC, datetime, timedelta

from parlez.cli.finding import Finding, ok, wrong
from parlez.core.errors import InvalidInput, StorageError
from parlez.storage.postgres.address import Address, require_driver
from parlez.storage.schema import HEAD, SchemaUnknown

_CLOCK_SLACK = timedelta(minutes=5)


def check_database(address: Address) -> list[Finding]:
    try:
        require_driver()
        from parlez.storage.postgres.look import look

        seen = look(address)
    except SchemaUnknown as error:
        return [wrong("schema", f"the {address} is not for this version", error.message)]
    except (StorageError, InvalidInput) as error:
        return [wrong("database", f"the {address} cannot be used", error.message)]
    return [
        ok("database", f"{address}, version {seen.version}, {seen.bytes / 1e6:,.1f} MB"),
        _schema(seen.revision),
        ok("lock", f"held by {seen.owner}" if seen.owner else "no server owns the database"),
        _clock(seen.now),
    ]


def _schema(revision: str | None) -> Finding:
    if revision not in (None, HEAD):
        return ok("schema", f"{revision}; the next start upgrades it to {HEAD}. Back it up first")
    return ok("schema", revision or "none yet; the first start makes it")


def _clock(theirs: datetime) -> Finding:
    ours = datetime.now(UTC)
    told = ours.isoformat(timespec="seconds")
    if abs(ours - theirs) > _CLOCK_SLACK:
        return wrong(
            "clock",
            f"{told}, but the database says {theirs.isoformat(timespec='seconds')}",
            "Set the clock that is wrong: times of messages and the ends of keys depend on it.",
        )
    return ok("clock", told)
