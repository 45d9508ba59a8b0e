"""What only the generator knows about customers beside their type: one trait per channel, drawn apart from each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Protocol

import duckdb


class Trait(Protocol):
    """``share`` of customers who have it."""

    @property
    def name(self) -> str: ...

    @property
    def share(self) -> float: ...


def create_traits(con: duckdb.DuckDBPyConnection, traits: Mapping[str, Sequence[Trait]]) -> None:
    """Table ``traits``: one row per customer: ``i`` and per channel ``<channel>_trait``, a name."""
    chosen = []
    for channel, choices in traits.items():
        upto = accumulate(trait.share for trait in choices)
        # The last limit is 1 but for rounding, which must leave nobody without a trait.
        limits = [
            f"WHEN u(i, 0, '{channel} trait') < {limit:.4f} THEN '{t.name}'" for limit, t in zip(upto, choices, strict=True)
        ]
        chosen.append(f"CASE {' '.join(limits[:-1])} ELSE '{choices[-1].name}' END AS {channel}_trait")
    con.execute(f"CREATE TABLE traits AS SELECT i, {', '.join(chosen)} FROM latent")


def values(rows: Sequence[Sequence[object]]) -> str:
    """Rows as the inside of VALUES; numbers are doubles."""

    def literal(value: object) -> str:
        return f"'{value}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else f"{value}::DOUBLE"

    return ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
