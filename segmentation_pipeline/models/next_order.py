"""When a customer is expected to order next, with an interval: by a rhythm of his own, or by the model of purchases.

Belongs here: the days.  Whether the customer still buys is ``p_alive``; whoever probably does not is given no day.
"""

from __future__ import annotations

import math
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.scores import NEXT_ORDER_CONFIDENCE, NEXT_ORDER_YEARS, RHYTHM_ORDER_DAYS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features.rhythm import REGULAR_SPREAD
from segmentation_pipeline.models.purchase_models import Purchases
from segmentation_pipeline.models.season import Season, in_calendar_days

_Z = 1.2815515655446004
"""The normal quantile of 0.9: eight of ten orders lie within so many standard deviations."""

_FARTHEST = NEXT_ORDER_YEARS * 365
_LARGEST_EXPONENT = 50.0
_Days = tuple[ir.Value, ir.Value, ir.Value]
_WAITS = ("_expected", "_low", "_high")


def with_next_order(
    engine: Engine, scored: ir.Table, purchases: Purchases | None, season: Season | None, as_of: date
) -> ir.Table:
    """``scored`` with expected_next_order_date, next_order_date_low and next_order_date_high.

    Needs last_order_date, recency_days, order_days, gap_mean_days, gap_std_days, p_alive and _T, the time since the first
    order on the clock of the season.  Days are of a customer who still buys; null where p_alive is at most 1/2 or unknown, and
    beyond ``NEXT_ORDER_YEARS``.
    """
    names = ("expected_next_order_date", "next_order_date_low", "next_order_date_high")
    if purchases is None:
        return scored.mutate(**{name: ibis.null("date") for name in names})
    columns = scored.columns
    scored = scored.mutate(**dict(zip(_WAITS, _by_model(scored, purchases), strict=True)))
    if season:
        scored = in_calendar_days(scored, _WAITS, season, engine, as_of, _FARTHEST)
    by_rhythm, by_model = _by_rhythm(scored), [scored[name] for name in _WAITS]
    has_rhythm, alive = _has_rhythm(scored), scored.p_alive > 0.5
    days = {}
    for name, own, modelled in zip(names, by_rhythm, by_model, strict=True):
        wait = ibis.ifelse(has_rhythm, own, modelled).clip(lower=1.0, upper=_FARTHEST + 1.0).round(6).ceil()
        near = ibis.ifelse(alive & (wait <= _FARTHEST), wait, ibis.null(wait.type()))
        ahead = (scored.recency_days.cast("int64") + near).as_interval("D")
        days[name] = (scored.last_order_date + ahead).cast("timestamp").date()  # a day and an interval make an instant in DuckDB
    return scored.select(*columns, **days)


def _has_rhythm(row: ir.Table) -> ir.BooleanValue:
    """Regular gaps, of which the present one is not yet longer than all but one of ten would be."""
    regular = (row.order_days >= RHYTHM_ORDER_DAYS) & (row.gap_std_days <= REGULAR_SPREAD * row.gap_mean_days)
    return (regular & (_by_rhythm(row)[2] >= 1.0)).fill_null(False)


def _by_rhythm(row: ir.Table) -> _Days:
    """Days from now to the mean gap after the latest order, and the interval of one further gap: the quantiles of Student's
    distribution by their first terms in 1 / degrees of freedom (Abramowitz & Stegun 26.7.5)."""
    gaps = row.order_days.cast("float64") - 1.0
    freedom = gaps - 1.0
    quantile = _Z + (_Z**3 + _Z) / 4.0 / freedom + (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / 96.0 / (freedom * freedom)
    reach = row.gap_std_days * (1.0 + 1.0 / gaps).sqrt() * quantile
    due = row.gap_mean_days - row.recency_days.cast("float64")
    return due, due - reach, due + reach


def _by_model(row: ir.Table, purchases: Purchases) -> _Days:
    """Median and quantiles of the time to the next order of a customer who still buys: his rate is gamma distributed given his
    history, so that the time is Lomax distributed and, as nothing is remembered, counts from now."""
    shape, scale = purchases.rate_prior
    own_shape = row.order_days.cast("float64") - 1.0 + shape
    own_scale = row._T.cast("float64") + scale
    tail = (1.0 - NEXT_ORDER_CONFIDENCE) / 2.0

    def quantile(probability: float) -> ir.Value:
        exponent = -math.log1p(-probability) / own_shape.nullif(0.0)
        return own_scale * (ibis.least(exponent, _LARGEST_EXPONENT).exp() - 1.0)

    return quantile(0.5), quantile(tail), quantile(1.0 - tail)
