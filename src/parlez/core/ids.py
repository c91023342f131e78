"""Ids are made here, not by a database, so that they are known before anything is stored."""

import secrets
import time


def new_id() -> str:
    """32 hex digits of a version 7 UUID (RFC 9562): unguessable, and near its neighbours in an
    index. Nothing may conclude an order from ids; rows have times and positions for that."""
    milliseconds = time.time_ns() // 1_000_000
    tail = secrets.randbits(74)
    value = milliseconds << 80 | 7 << 76 | (tail >> 62) << 64 | 0b10 << 62 | tail & (1 << 62) - 1
    return f"{value:032x}"
