"""What a segment is like: its size, its share of revenue and what sets it apart.

Belongs here: one pass over all members of all segments, and the arithmetic on its bounded result.
Does not belong here: what became of segments over time (``measurement/``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt
from typing import TYPE_CHECKING, cast

import ibis.expr.types as ir

from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.history.days_in_segment import DaysInSegment, days_in_segment

if TYPE_CHECKING:  # it brings SciPy, which a run without a model does not need
    from segmentation_pipeline.models.forecast_error import ForecastErrors

FEATURES = (
    "recency_days",
    "tenure_days",
    "frequency",
    "monetary",
    "average_order_value",
    "discount_share",
    "gap_mean_days",
    "return_rate",
    "category_count",
    "clv",
)
"""The columns a segment is compared on, where the scored customers have them."""

SHOWN = 3
LEAST_DIFFERENCE = 0.2
"""Differences of fewer standard deviations go unmentioned (Cohen 1988 calls 0.2 small)."""

_SUMMARISED = ("monetary", "monetary_365d", "clv", "frequency", "recency_days", "average_order_value")
_EXACT = "decimal(18, 4)"

_SCHEMA = {
    "segmentation": Type.TEXT,
    "segment": Type.TEXT,
    "as_of": Type.DAY,
    "customers": Type.INTEGER,
    "customer_share": Type.NUMBER,
    "monetary": Type.MONEY,
    "revenue_share": Type.NUMBER,
    "monetary_365d": Type.MONEY,
    "avg_clv": Type.MONEY,
    **{f"expected_orders{side}": Type.NUMBER for side in ("", "_low", "_high")},
    **{f"clv{side}": Type.MONEY for side in ("", "_low", "_high")},
    "avg_frequency": Type.NUMBER,
    "avg_recency_days": Type.NUMBER,
    "avg_average_order_value": Type.MONEY,
    "avg_days_in_segment": Type.NUMBER,
    "median_days_in_segment": Type.NUMBER,
    "sets_apart": Type.TEXT,
}


@dataclass(frozen=True, slots=True)
class Measures:
    """What ``measure`` found: the features ``compared``, and for all customers and each segment a row of sums."""

    compared: Sequence[str]
    everyone: Mapping[str, object]
    segments: Sequence[Mapping[str, object]]


def segment_profiles(
    engine: Engine,
    scored: ir.Table,
    memberships: ir.Table,
    standing: ir.Table,
    as_of: date,
    features: Sequence[str] = FEATURES,
    forecasts: ForecastErrors | None = None,
) -> ir.Table:
    """A row is a segment with at least one member on day ``as_of``.

    ``customers`` and ``customer_share`` (of all rows of ``scored``); ``monetary`` and
    ``monetary_365d`` (net revenue in total, base currency) and ``revenue_share`` (of all customers'
    ``monetary``; null when that is 0); averages over the members with a value, null without one.
    ``expected_orders`` and ``clv`` are sums, with an interval by ``forecasts``; null where nobody has one.
    ``avg_days_in_segment`` and ``median_days_in_segment`` are of the stays in ``standing``.
    ``sets_apart`` names up to three columns whose mean over the segment lies farthest from the
    mean over all customers, in standard deviations of all customers.

    Columns are summed as decimals, so equal input gives equal output, digit by digit.
    """
    found = measure(engine, scored, memberships, features, also=("expected_orders",) if forecasts else ())
    stays = days_in_segment(engine, standing, as_of)
    rows = [
        _profile(row, found, stays[str(row["segmentation"]), str(row["segment"])]) | _ahead(row, forecasts) | {"as_of": as_of}
        for row in found.segments
    ]
    return engine.memtable({n: [row[n] for row in rows] for n in _SCHEMA}, {n: kind.ibis for n, kind in _SCHEMA.items()})


def measure(
    engine: Engine, scored: ir.Table, memberships: ir.Table, features: Sequence[str] = FEATURES, also: Sequence[str] = ()
) -> Measures:
    """Sums over all customers and over the members of every segment in ``memberships``, in one pass each; also of the columns
    ``also``, on which segments are not compared."""
    compared = [feature for feature in features if feature in scored.columns]
    columns = list(dict.fromkeys([*_SUMMARISED, *also, *compared]))
    exact = scored.select("customer_id", **{column: scored[column].cast(_EXACT) for column in columns})
    # A wide factor, because a product keeps its factors' digits: 100,000 * 100,000 would not fit 18.
    squares = {_square(c): (exact[c].cast("decimal(38, 4)") * exact[c]).sum() for c in compared}
    everyone = engine.rows(exact.agg(customers=exact.count(), **_sums(exact, columns), **squares))[0]
    members = memberships.select("customer_id", "segmentation", "segment").inner_join(exact, "customer_id")
    grouped = members.group_by(["segmentation", "segment"]).agg(customers=members.count(), **_sums(members, columns))
    return Measures(compared, everyone, engine.rows(grouped.order_by("segmentation", "segment")))


def deviations(segment: Mapping[str, object], found: Measures) -> dict[str, float]:
    """How far the segment's mean lies from that of all customers, by feature, in standard deviations of all.

    Features that are unknown for all members, or the same for all customers, are left out.
    """
    distances: dict[str, float] = {}
    for feature in found.compared:
        mean, overall = _mean(segment, feature), _mean(found.everyone, feature)
        if mean is None or overall is None:
            continue
        variance = _number(found.everyone, _square(feature)) / _number(found.everyone, _known(feature)) - overall * overall
        # Below this the variance is what rounding to four places left of a constant column.
        if variance > Decimal("0.000001"):
            distances[feature] = float(mean - overall) / sqrt(variance)
    return distances


def _sums(table: ir.Table, columns: Sequence[str]) -> dict[str, ir.Value]:
    return {_total(c): table[c].sum() for c in columns} | {_known(c): table[c].count() for c in columns}


def _profile(row: Mapping[str, object], found: Measures, stays: DaysInSegment) -> dict[str, object]:
    everyone = found.everyone
    revenue, all_revenue = _number(row, _total("monetary")), _number(everyone, _total("monetary"))
    customers = _number(row, "customers")
    return {
        "segmentation": row["segmentation"],
        "segment": row["segment"],
        "customers": row["customers"],
        "customer_share": round(float(customers / _number(everyone, "customers")), 6),
        "monetary": _money(revenue),
        "revenue_share": round(float(revenue / all_revenue), 6) if all_revenue else None,
        "monetary_365d": _money(_number(row, _total("monetary_365d"))),
        "avg_clv": _money(_mean(row, "clv")),
        "avg_frequency": _rounded(_mean(row, "frequency")),
        "avg_recency_days": _rounded(_mean(row, "recency_days")),
        "avg_average_order_value": _money(_mean(row, "average_order_value")),
        "avg_days_in_segment": stays.mean,
        "median_days_in_segment": stays.median,
        "sets_apart": _sets_apart(row, found),
    }


def _ahead(row: Mapping[str, object], forecasts: ForecastErrors | None) -> dict[str, object]:
    """What is expected of the members together, with its interval."""
    if forecasts is None or not _number(row, _known("clv")):
        return {f"{name}{side}": None for name in ("expected_orders", "clv") for side in ("", "_low", "_high")}
    orders, money = _number(row, _total("expected_orders")), _number(row, _total("clv"))
    few, many = forecasts.orders.interval(float(orders))
    low, high = (_money(Decimal(bound)) for bound in forecasts.revenue.interval(float(money)))
    return {
        "expected_orders": _rounded(orders),
        "expected_orders_low": round(few, 6),
        "expected_orders_high": round(many, 6),
        "clv": _money(money),
        "clv_low": low,
        "clv_high": high,
    }


def _sets_apart(row: Mapping[str, object], found: Measures) -> str:
    differences = [(round(distance, 1), feature) for feature, distance in deviations(row, found).items()]
    largest = sorted(differences, key=lambda d: (-abs(d[0]), found.compared.index(d[1])))[:SHOWN]
    words = [f"{feature} {difference:+.1f} sd" for difference, feature in largest if abs(difference) >= LEAST_DIFFERENCE]
    return ", ".join(words) or "close to the average customer"


def _mean(row: Mapping[str, object], column: str) -> Decimal | None:
    known = _number(row, _known(column))
    return _number(row, _total(column)) / known if known else None


def _number(row: Mapping[str, object], name: str) -> Decimal:
    value = row[name]
    return Decimal(0) if value is None else Decimal(cast("Decimal | int", value))


def _money(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _rounded(value: Decimal | None) -> float | None:
    return None if value is None else round(float(value), 4)


def _total(column: str) -> str:
    return f"{column}__total"


def _known(column: str) -> str:
    return f"{column}__known"


def _square(column: str) -> str:
    return f"{column}__square"
