"""RFM: quintile scores of recency, frequency and monetary value, and eleven named segments.

Belongs here: cut points, scores and the table of segments.  Does not belong here: what a campaign
does with a segment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.labels import RfmSegment
from segmentation_pipeline.engine.base import Engine

QUANTILES = (0.2, 0.4, 0.6, 0.8)
CUT_DIGITS = 6

Cuts = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class RfmCuts:
    """The 20, 40, 60 and 80 % points of recency (days), frequency (orders) and monetary (base currency).

    A cut belongs to the band below it, so equal values always get equal scores, even where one
    value spans several bands.
    """

    recency: Cuts
    frequency: Cuts
    monetary: Cuts

    def to_parameters(self) -> dict[str, list[float]]:
        return {name: list(cuts) for name, cuts in asdict(self).items()}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, object]) -> RfmCuts:
        return cls(**{name: cast(Cuts, tuple(cast(list[float], cuts))) for name, cuts in parameters.items()})


@dataclass(frozen=True, slots=True)
class RfmRule:
    """The scores, inclusive, that make a segment; the first rule of ``RFM_RULES`` that holds wins."""

    segment: RfmSegment
    recency: tuple[int, int]
    frequency: tuple[int, int]
    monetary: tuple[int, int]
    meaning: str

    @property
    def definition(self) -> str:
        """The meaning and the scores in words, for the segment catalog."""
        scores = (("recency", self.recency), ("frequency", self.frequency), ("monetary", self.monetary))
        limits = [f"{name} {low}" + (f"-{high}" if high > low else "") for name, (low, high) in scores if (low, high) != ANY]
        return f"{self.meaning} Scores: {', '.join(limits)}."


ANY = (1, 5)

RFM_RULES = (
    RfmRule(RfmSegment.CHAMPIONS, (4, 5), (4, 5), (4, 5), "Bought lately, often and for the most money."),
    RfmRule(RfmSegment.LOYAL, (3, 5), (4, 5), ANY, "Buy often and are still coming, whatever they spend."),
    RfmRule(RfmSegment.CANNOT_LOSE_THEM, (1, 2), (4, 5), (4, 5), "Were among the best by orders and money, not seen for long."),
    RfmRule(RfmSegment.AT_RISK, (1, 2), (3, 5), ANY, "Bought several times, not seen for long."),
    RfmRule(RfmSegment.NEW_CUSTOMERS, (5, 5), (1, 1), ANY, "Few orders, the last one very lately."),
    RfmRule(RfmSegment.PROMISING, (4, 4), (1, 1), ANY, "Few orders, the last one lately."),
    RfmRule(RfmSegment.POTENTIAL_LOYALISTS, (4, 5), (2, 3), ANY, "Bought lately and more than once or twice."),
    RfmRule(RfmSegment.NEED_ATTENTION, (3, 3), (2, 3), (3, 5), "Middling in time and orders, spent a fair amount."),
    RfmRule(RfmSegment.ABOUT_TO_SLEEP, (3, 3), (1, 3), ANY, "Middling in time, few orders or little money."),
    RfmRule(RfmSegment.HIBERNATING, (2, 2), (1, 2), ANY, "Few orders, not seen for long."),
    RfmRule(RfmSegment.LOST, (1, 1), (1, 2), ANY, "Few orders, not seen for longest."),
)
"""Total over all 125 score triples: a customer is in exactly one segment."""

RFM_DEFINITIONS: dict[RfmSegment, str] = {rule.segment: rule.definition for rule in RFM_RULES}


def fit_rfm(engine: Engine, features: ir.Table) -> RfmCuts:
    """The quintile cut points over the customers of ``features`` who have orders.

    ``features`` needs recency_days, frequency and monetary.  Cut points are interpolated
    quantiles, computed in the engine; without any customer with orders they are all 0.
    """
    buyers = features.filter(features.frequency > 0)
    values = {"recency": buyers.recency_days, "frequency": buyers.frequency, "monetary": buyers.monetary}
    row = engine.rows(
        buyers.aggregate(
            **{
                f"{name}_{position}": value.cast("float64").quantile(share)
                for name, value in values.items()
                for position, share in enumerate(QUANTILES)
            }
        )
    )[0]
    # Rounded: between two values of 932.60 an engine may find 932.5999999999999, which is below both.
    cuts = {
        name: [round(float(cast(float, row[f"{name}_{position}"] or 0.0)), CUT_DIGITS) for position in range(len(QUANTILES))]
        for name in values
    }
    return RfmCuts.from_parameters(cuts)


def with_rfm(features: ir.Table, cuts: RfmCuts) -> ir.Table:
    """``features`` with recency_score, frequency_score, monetary_score (1-5), rfm_score and rfm_segment.

    A frequency or monetary score is 1 plus the number of cuts below the value.  Recency counts
    from the other end: 5 for the fewest days since the last order.  Null without orders.
    """
    bought = features.frequency > 0

    def known(score: ir.Value) -> ir.Value:
        return ibis.ifelse(bought, score, ibis.null(score.type()))

    scored = features.mutate(
        recency_score=known(5 - _cuts_below(features.recency_days, cuts.recency)),
        frequency_score=known(1 + _cuts_below(features.frequency, cuts.frequency)),
        monetary_score=known(1 + _cuts_below(features.monetary, cuts.monetary)),
    )
    scores = (scored.recency_score, scored.frequency_score, scored.monetary_score)
    text = [score.cast("string") for score in scores]
    branches = [(_holds(rule, *scores), rule.segment.value) for rule in RFM_RULES]
    return scored.mutate(rfm_score=text[0] + text[1] + text[2], rfm_segment=ibis.cases(*branches))


def _cuts_below(value: ir.NumericValue, cuts: Cuts) -> ir.IntegerValue:
    number = value.cast("float64")
    below = [(ibis.literal(cut, "float64") < number).cast("int64") for cut in cuts]
    return below[0] + below[1] + below[2] + below[3]


def _holds(rule: RfmRule, recency: ir.IntegerValue, frequency: ir.IntegerValue, monetary: ir.IntegerValue) -> ir.BooleanValue:
    return recency.between(*rule.recency) & frequency.between(*rule.frequency) & monetary.between(*rule.monetary)
