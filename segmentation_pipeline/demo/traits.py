"""What only the generator knows about customers beside their type: one trait per channel, drawn apart from each other.

A trait may lean on the type of shopper; it occurs at its share all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from types import MappingProxyType
from typing import Protocol

import duckdb

from segmentation_pipeline.demo.shoppers import SHOPPERS


class Trait(Protocol):
    """``share`` of customers who have it."""

    @property
    def name(self) -> str: ...

    @property
    def share(self) -> float: ...


LEANING = 0.8
"""Share of the customers of a type that leans who have the trait it leans to; the others have any."""


def create_traits(
    con: duckdb.DuckDBPyConnection,
    traits: Mapping[str, Sequence[Trait]],
    leanings: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> None:
    """Table ``traits``: one row per customer: ``i`` and per channel ``<channel>_trait``, a name.

    ``leanings``: per channel the trait that types of shopper lean to.
    """
    chosen = []
    for channel, choices in traits.items():
        leaning = leanings.get(channel, {})
        upto = accumulate(_shares_of_the_rest(choices, leaning))
        drawn = f"u(i, 0, '{channel} trait')"
        # The last limit is 1 but for rounding, which must leave nobody without a trait.
        limits = [f"WHEN {drawn} < {limit:.4f} THEN '{t.name}'" for limit, t in zip(upto, choices, strict=True)]
        leans = [f"WHEN type = '{type}' AND u(i, 0, '{channel} leaning') < {LEANING} THEN '{t}'" for type, t in leaning.items()]
        chosen.append(f"CASE {' '.join([*leans, *limits[:-1]])} ELSE '{choices[-1].name}' END AS {channel}_trait")
    con.execute(f"CREATE TABLE traits AS SELECT i, {', '.join(chosen)} FROM latent")


def _shares_of_the_rest(choices: Sequence[Trait], leaning: Mapping[str, str]) -> list[float]:
    """The shares among customers whose type does not decide, such that all together have the traits' shares."""
    decided = {t.name: LEANING * sum(s.share for s in SHOPPERS if leaning.get(s.name) == t.name) for t in choices}
    return [(trait.share - decided[trait.name]) / (1.0 - sum(decided.values())) for trait in choices]


def values(rows: Sequence[Sequence[object]]) -> str:
    """Rows as the inside of VALUES; numbers are doubles."""

    def literal(value: object) -> str:
        return f"'{value}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else f"{value}::DOUBLE"

    return ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
