"""Telling PostgreSQL early how its tables have grown.

It plans a prepared statement by what it knows of the tables at the time, and looks at them once a
minute at best. Plans made while they were empty read all that an account has; in the first minute
of a busy server that would make it slow.
https://www.postgresql.org/docs/current/planner-stats.html
"""

import psycopg
from psycopg import sql

_GROWN = """
    SELECT statistics.relname FROM pg_stat_user_tables AS statistics
    JOIN pg_class ON pg_class.oid = statistics.relid
    WHERE statistics.n_mod_since_analyze > 100 + 2 * greatest(pg_class.reltuples, 0)
        AND pg_class.relnamespace = current_schema()::regnamespace
"""


def analyse_what_has_grown(driver: psycopg.Connection) -> None:
    for (table,) in driver.execute(_GROWN).fetchall():
        driver.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
