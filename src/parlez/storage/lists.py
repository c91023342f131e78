"""Lists as parameters. They are told as JSON, because their length is not known when a statement is
compiled."""

import json
from collections.abc import Sequence

from parlez.storage.database import Dialect

SERIALS = {
    Dialect.SQLITE: "(SELECT value FROM json_each(:serials))",
    Dialect.POSTGRESQL: (
        "(SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:serials AS json))"
        " AS listed(value))"
    ),
}
"""What `serials` lists, as a query."""


def listed(values: Sequence[int]) -> str:
    return json.dumps(list(values))
