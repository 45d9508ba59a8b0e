"""Chance in the generator: a hash of customer, event and purpose, so that threads and row order play no part."""

from __future__ import annotations

import duckdb

OPENING_SECONDS = 16 * 3600
"""Everything happens between 07:00 and 23:00 local time, so no instant falls into a clock change."""


def create_macros(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Define the SQL macros all other files of the generator draw with.

    ``u(i, k, salt)`` is a uniform draw in [0, 1) for event ``k`` of customer ``i``; ``row_draw`` the same for any key;
    ``bits(h, n)`` is the n-th (0 to 2) independent uniform draw out of one hash; ``at_daytime(day, draw)`` is an instant
    within opening hours; ``money(cents)`` is an exact DECIMAL(18,2); ``customer_no(i)`` is a customer key.
    """
    con.execute(f"CREATE MACRO u(i, k, salt) AS ((hash(i::BIGINT, k::BIGINT, salt, {seed}) >> 11)::DOUBLE / 9007199254740992.0)")
    con.execute(f"CREATE MACRO row_draw(key, salt) AS ((hash(key, salt, {seed}) >> 11)::DOUBLE / 9007199254740992.0)")
    con.execute(f"CREATE MACRO line_hash(i, k, line) AS hash(i::BIGINT, k::BIGINT, line::BIGINT, 'line', {seed})")
    con.execute("CREATE MACRO bits(h, n) AS (((h >> (21 * n)) & 2097151)::DOUBLE / 2097152.0)")
    con.execute(
        "CREATE MACRO at_daytime(day, draw) AS "
        f"(day::TIMESTAMP + INTERVAL 7 HOUR + to_seconds(floor({OPENING_SECONDS} * draw)::BIGINT))"
    )
    con.execute("CREATE MACRO money(cents) AS ((cents / 100.0)::DECIMAL(18,2))")
    con.execute("CREATE MACRO customer_no(i) AS format('C{:06d}', i)")
    con.execute("CREATE MACRO pick(items, draw) AS items[1 + floor(len(items) * draw)::BIGINT]")
