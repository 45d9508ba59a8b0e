"""What campaigns brought and cost, by channel and month of assignment: results of one day, rolled up."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.measurement.campaign_result_columns import ALL
from segmentation_pipeline.measurement.measurement import Inputs, Measurement

REVENUE, MARGIN, FIRST_ORDERS = "revenue", "margin", "first_orders"
_NORMAL = 1.959964
"""Standard errors of a 95 % interval of a sum of many."""
_NONE = "no campaign of the month has a lift"

CAMPAIGNS_OVER_TIME_COLUMNS = (
    AS_OF,
    Column("channel", Type.TEXT, "Channel of the campaigns."),
    Column("month", Type.TEXT, "Month in which people were assigned (YYYY-MM)."),
    Column("campaigns", Type.INTEGER, "Campaigns people were assigned to in the month.", "campaigns", minimum=1),
    Column("measured", Type.INTEGER, "Those of them with a lift of revenue: incremental figures are of these.", minimum=0),
    Column("is_over", Type.BOOLEAN, "Whether the windows of all of them are over; else figures are so far."),
    Column("contacted", Type.INTEGER, "People contacted whose window is over, of all campaigns.", "people", minimum=0),
    Column("cost", Type.MONEY, "Spent on contacting them.", "base currency", "of a campaign no cost is known", minimum=0),
    *(
        Column(f"incremental_{name}{end}", Type.NUMBER, words, "base currency", _NONE)
        for name in (REVENUE, MARGIN)
        for end, words in (
            ("", f"Sum of incremental {name} of the campaigns."),
            ("_low", "Lower end of its 95 % interval: variances of campaigns add up."),
            ("_high", "Its upper end."),
        )
    ),
    Column(
        "return_on_investment",
        Type.NUMBER,
        "(incremental margin - cost) / cost of the campaigns with a lift of margin; of revenue where no goods have a cost.",
        "share of cost",
        "no lift, or no cost",
    ),
    Column("incremental_first_orders", Type.NUMBER, "First orders that would not have come without.", "orders", _NONE),
    Column(
        "acquisition_cost",
        Type.NUMBER,
        "Cost of the campaigns with a lift of first orders / these first orders.",
        "base currency per first order",
        "no first order was brought, or no cost is known",
    ),
)


def campaigns_over_time(inputs: Inputs) -> ir.Table:
    """The day's rows, from the rows of ``campaign_results`` of the same day."""
    results = inputs.table(tables.CAMPAIGN_RESULTS)
    asked = results.filter(results.as_of == inputs.as_of, results.wave != ALL, results.segmentation == ALL)
    asked = asked.filter(asked.status != "observational")
    found = inputs.engine.rows(asked.order_by("channel", "wave", "campaign_key", "arm", "metric"))
    cells: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in found:
        cells.setdefault((str(row["channel"]), str(row["wave"])), []).append(row)
    rows = [
        {"as_of": inputs.as_of, "channel": channel, "month": month} | _rolled_up(inputs, rows)
        for (channel, month), rows in cells.items()
    ]
    schema = {column.name: column.type.ibis for column in CAMPAIGNS_OVER_TIME_COLUMNS}
    return inputs.engine.memtable({name: [row[name] for row in rows] for name in schema}, schema)


def _rolled_up(inputs: Inputs, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    arms = {(row["campaign_key"], row["arm"]): row for row in rows}
    lifts = {name: list(_lifts(rows, name)) for name in (REVENUE, MARGIN, FIRST_ORDERS)}
    found: dict[str, Any] = {
        "campaigns": len({key for key, _ in arms}),
        "measured": len({row["campaign_key"] for row in lifts[REVENUE]}),
        "is_over": all(row["not_over_yet"] == 0 and row["planned_end"] <= inputs.as_of for row in arms.values()),
        "contacted": sum(int(row["contacted"]) for row in arms.values()),
        "cost": _cost(list(arms.values())),
    }
    for name in (REVENUE, MARGIN):
        found |= dict(zip((f"incremental_{name}{end}" for end in ("", "_low", "_high")), _summed(lifts[name]), strict=True))
    paying = lifts[MARGIN] if any(row["metric"] == MARGIN for row in rows) else lifts[REVENUE]
    spent, brought = _cost(paying), _summed(paying)[0]
    found["return_on_investment"] = (brought - float(spent)) / float(spent) if spent and brought is not None else None
    first, spent = _summed(lifts[FIRST_ORDERS])[0], _cost(lifts[FIRST_ORDERS])
    found["incremental_first_orders"] = first
    found["acquisition_cost"] = float(spent) / first if spent is not None and first is not None and first > 0 else None
    return found


def _lifts(rows: Sequence[Mapping[str, Any]], metric: str) -> Iterator[Mapping[str, Any]]:
    return (row for row in rows if row["metric"] == metric and row["lift"] is not None)


def _cost(rows: Sequence[Mapping[str, Any]]) -> Decimal | None:
    """What all of them cost; None where of one no cost is known."""
    if not rows or any(row["cost"] is None for row in rows):
        return None
    return sum((row["cost"] for row in rows), Decimal(0))


def _summed(rows: Sequence[Mapping[str, Any]]) -> tuple[float | None, float | None, float | None]:
    """The sum of what was brought with its 95 % interval.

    Campaigns draw apart from each other, so the variances of their sums add up.  Arms of one campaign share a control, which
    moves all their effects the same way: their errors add up, which is the most it can be.
    """
    if not rows:
        return None, None, None
    errors: dict[str, float] = {}
    for row in rows:
        errors[row["campaign_key"]] = errors.get(row["campaign_key"], 0.0) + float(row["lift_error"]) * int(row["people"])
    total, half = math.fsum(float(row["incremental"]) for row in rows), _NORMAL * math.hypot(*errors.values())
    return total, total - half, total + half


def _reads(config: Config) -> tuple[str, ...]:
    return (tables.CAMPAIGN_RESULTS,)


CAMPAIGNS_OVER_TIME = Measurement(
    TableContract(
        "measurement.campaigns_over_time",
        "A channel and month: what campaigns cost and what they brought that would not have come without them.",
        CAMPAIGNS_OVER_TIME_COLUMNS,
        key=("as_of", "channel", "month"),
        published=True,
        accumulates=True,
        checked=True,
        owner="team:crm",
    ),
    _reads,
    campaigns_over_time,
)
