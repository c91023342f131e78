"""Files that hold all that was ever said."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def private_file(target: Path) -> Iterator[Path]:
    """A new file beside the target, which only its user can read; gone afterwards if it still has
    this name."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(descriptor)
    made = Path(name)
    try:
        yield made
    finally:
        made.unlink(missing_ok=True)
