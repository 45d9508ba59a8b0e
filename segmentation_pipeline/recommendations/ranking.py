"""The order of a customer's list: own habits blended with what buyers of the same products buy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.recommendations.candidates import HalfLife, habit

SCORE_DIGITS = 6
"""Enough to rank by, few enough that engines with other mathematical libraries agree."""


@dataclass(frozen=True, slots=True)
class Blend:
    """How candidates are scored.  ``new_weight`` (0 to 1) is that of the evidence against that of habits, in which days count
    by ``half_life``; habits whose own rhythm says "not yet" count ``not_due_weight``.

    Without weights it is a customer's own most frequent products, filled up with the favourites of all.
    """

    half_life: HalfLife = None
    new_weight: float = 0.0
    not_due_weight: float = 1.0

    def score(self, candidates: ir.Table) -> ir.FloatingValue:
        """From 0 to 1."""
        weights = ibis.literal(self.new_weight, "float64"), ibis.literal(self.not_due_weight, "float64")
        return blended(candidates, candidates[habit(self.half_life)], *weights)

    def to_parameters(self) -> dict[str, Any]:
        return {"half_life_days": self.half_life, "new_weight": self.new_weight, "not_due_weight": self.not_due_weight}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Blend:
        return cls(parameters["half_life_days"], parameters["new_weight"], parameters["not_due_weight"])


OWN_MOST_FREQUENT = Blend()


def blended(
    candidates: ir.Table, own: ir.FloatingValue, new_weight: ir.FloatingValue, not_due_weight: ir.FloatingValue
) -> ir.FloatingValue:
    """The score of each candidate, from 0 to 1: its habit ``own`` and its evidence, weighed."""
    due = ibis.ifelse(candidates.is_due.fill_null(True), ibis.literal(1.0, "float64"), not_due_weight)
    new = candidates.evidence.fill_null(0.0)
    return ((1.0 - new_weight) * (own.fill_null(0.0) * due) + new_weight * new).cast("float64").round(SCORE_DIGITS)


def ranked(scored: ir.Table, size: int, *within: str) -> ir.Table:
    """The first ``size`` candidates of each customer (of each ``within`` besides) by ``score``, with ``rank`` from 1.

    Ties: what was bought last comes first, then what most persons buy, then the first by id.
    """
    order = ibis.window(
        group_by=[*within, "customer_id"],
        order_by=[scored.score.desc(), scored.recency.fill_null(1_000_000), scored.favourite, scored.product_id],
    )
    placed = scored.mutate(rank=ibis.row_number().over(order) + 1)
    return placed.filter(placed["rank"] <= size)
