"""Segments whose day is unlike their own earlier days: size, who came and went, orders, revenue, value and loyalty.

Belongs here: which figures are compared, and the rows.  How a figure is compared is in ``own_past.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.segment_tables import SEGMENT, SEGMENTATION
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.measurement.measurement import Inputs, Measurement
from segmentation_pipeline.measurement.own_past import Compared, Scale, compared, discovered, expected_range, probability, tails
from segmentation_pipeline.measurement.segment_kpis import SEGMENT_KPIS
from segmentation_pipeline.models.unusual_change.amounts import Tail
from segmentation_pipeline.models.unusual_change.settings import UnusualChangeConfig
from segmentation_pipeline.models.unusual_change_scores import UNUSUAL_CHANGE

METRICS: dict[str, tuple[Scale, str]] = {
    "customers": (Scale.SIZE, "members"),
    "entered": (Scale.COUNT, "members who came"),
    "left": (Scale.COUNT, "members who left"),
    "orders_1d": (Scale.COUNT, "orders of the day"),
    "gross_revenue_1d": (Scale.AMOUNT, "revenue of the day"),
    "avg_clv": (Scale.LEVEL, "average lifetime value"),
    "retention_90d": (Scale.LEVEL, "retention"),
}
"""Figures of ``segment_kpis``, how their days are compared, and what they are in words."""
_MOVES = ("entered", "left")
FEWEST = 30
"""Members a segment must have had: of fewer every day is unlike the others."""
_DIGITS = 9
_FIGURE_DIGITS = 6

UNUSUAL_CHANGES_COLUMNS = (
    AS_OF,
    SEGMENTATION,
    SEGMENT,
    Column("metric", Type.TEXT, "The figure, a column of segment_kpis.", allowed=tuple(METRICS)),
    Column("value", Type.NUMBER, "The figure of the day.", "as in segment_kpis"),
    Column(
        "expected",
        Type.NUMBER,
        "What its own earlier days let expect: those of the weekday where there are enough of them; of figures that stand, such "
        "as customers, by the steps from day to day.",
        "as in segment_kpis",
    ),
    Column("expected_low", Type.NUMBER, "Lower end of the range in which 19 of 20 days lie.", "as in segment_kpis"),
    Column("expected_high", Type.NUMBER, "Upper end of the range in which 19 of 20 days lie.", "as in segment_kpis"),
    Column("days", Type.INTEGER, "Earlier days it was compared with.", "days", minimum=1),
    Column("p", Type.NUMBER, "How likely a day so far off is by chance.", "probability 0-1", minimum=0, maximum=1),
    Column(
        "change",
        Type.TEXT,
        "What changed, in words, of figures that stand out among all of the day: at most models.unusual_change.false_alarm_share "
        "of them by chance.",
        null_means="nothing unusual",
    ),
)
_SCHEMA = {column.name: column.type.ibis for column in UNUSUAL_CHANGES_COLUMNS}
_Key = tuple[str, str]


def unusual_changes(inputs: Inputs) -> ir.Table:
    """The day's rows: a figure of a segment with enough earlier days to compare it with; none in a young history."""
    settings: UnusualChangeConfig = UNUSUAL_CHANGE.settings(inputs.config)
    series = _series(inputs, settings.days)
    rows: list[dict[str, Any]] = []
    for metric, (scale, _) in METRICS.items():
        figures: dict[_Key, Compared] = {}
        for key, days in series.items():
            found = compared([day["as_of"] for day in days], [day[metric] for day in days], scale, settings.min_days)
            if found is not None:
                figures[key] = found
        if figures:
            sides = tails([*figures.values()])
            rows += [_row(key, metric, series[key][-1], figure, scale, sides) for key, figure in figures.items()]
    _tell(rows, settings.false_alarm_share)
    return inputs.engine.memtable({name: [row[name] for row in rows] for name in _SCHEMA}, _SCHEMA)


def _row(
    key: _Key, metric: str, day: Mapping[str, Any], figure: Compared, scale: Scale, sides: tuple[Tail, Tail]
) -> dict[str, Any]:
    expected, low, high = (round(end, _FIGURE_DIGITS) for end in expected_range(figure, scale, *sides))
    return {
        "as_of": day["as_of"],
        "segmentation": key[0],
        "segment": key[1],
        "metric": metric,
        "value": round(float(day[metric]), _FIGURE_DIGITS),
        "expected": expected,
        "expected_low": low,
        "expected_high": high,
        "days": len(figure.past),
        "p": round(probability(figure, *sides), _DIGITS),
    }


def _series(inputs: Inputs, days: int) -> dict[_Key, Sequence[Mapping[str, Any]]]:
    """By segment of the day its figures, of the day and of up to ``days`` days before it, in order; of segments that had enough
    members on one of them, so that one that has hardly any left is told."""
    kpis = inputs.table(SEGMENT_KPIS.contract.table)
    first = inputs.as_of - timedelta(days=days)
    recent = kpis.filter(kpis.as_of >= first, kpis.as_of <= inputs.as_of)
    sizes = recent.group_by("segmentation", "segment").agg(last=recent.as_of.max(), most=recent.customers.max())
    today = sizes.filter(sizes["last"] == inputs.as_of, sizes.most >= FEWEST)
    wanted = recent.semi_join(today, ["segmentation", "segment"])
    rows = wanted.select("as_of", "segmentation", "segment", "previous_as_of", *METRICS).order_by(
        "segmentation", "segment", "as_of"
    )
    found: dict[_Key, list[dict[str, Any]]] = {}
    for row in inputs.engine.rows(rows):
        found.setdefault((row["segmentation"], row["segment"]), []).append(row)
    for of_segment in found.values():
        _same_spans(of_segment)
    return {**found}


def _same_spans(rows: Sequence[dict[str, Any]]) -> None:
    """Leave out who came and went over other spans than those of the last day: after a day that was not run they are more."""

    def span(row: Mapping[str, Any]) -> Any:
        return row["as_of"] - row["previous_as_of"] if row["previous_as_of"] else None

    for row in rows:
        if span(row) != span(rows[-1]):
            row |= dict.fromkeys(_MOVES)


def _tell(rows: list[dict[str, Any]], share: float) -> None:
    """Write what changed into the rows that stand out."""
    threshold = discovered([row["p"] for row in rows], share)
    for row in rows:
        row["change"] = _words(row) if row["p"] <= threshold else None


def _words(row: Mapping[str, Any]) -> str:
    """``orders of the day fell to 3, 21 to 40 expected``."""
    went = "rose" if row["value"] > row["expected"] else "fell"
    value, low, high = (_number(row[name]) for name in ("value", "expected_low", "expected_high"))
    return f"{METRICS[row['metric']][1]} {went} to {value}, {low} to {high} expected"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")


def _reads(config: Config) -> tuple[str, ...]:
    return (SEGMENT_KPIS.contract.table,)


UNUSUAL_CHANGES = Measurement(
    TableContract(
        "measurement.unusual_changes",
        "A figure of a segment on a day against its own earlier days: what was expected, how unlikely it is, what changed.",
        UNUSUAL_CHANGES_COLUMNS,
        key=("as_of", "segmentation", "segment", "metric"),
        published=True,
        accumulates=True,
        checked=True,
        owner="team:analytics",
    ),
    _reads,
    unusual_changes,
)
