"""Who moved between segments since the observed day before, and what they bring: what it costs that people become dormant."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.segment_tables import SEGMENTATION
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.history.labels import by_name
from segmentation_pipeline.history.transitions import PAIR, moves_of
from segmentation_pipeline.measurement.measurement import Inputs, Measurement
from segmentation_pipeline.measurement.ratios import money_per

_WAY = ("as_of", "previous_as_of", "segmentation", "source", "target")
_NOBODY = "none of them is in customer_profile any more"
_MONEY = "base currency"

SEGMENT_MOVEMENTS_COLUMNS = (
    AS_OF,
    Column("previous_as_of", Type.DAY, "The observed day before, with which the day is compared.", "day"),
    SEGMENTATION,
    Column("source", Type.TEXT, "The segment on previous_as_of.", null_means="in no segment of the segmentation"),
    Column("target", Type.TEXT, "The segment on as_of.", null_means="in no segment of the segmentation"),
    Column("customers", Type.INTEGER, "Customers that went from source to target.", "customers", minimum=1),
    Column(
        "in_profile",
        Type.INTEGER,
        "Of customers, those in customer_profile on as_of: others were erased, excluded or merged. What follows is of them.",
        "customers",
        minimum=0,
    ),
    Column("net_revenue_365d", Type.MONEY, "Their net revenue in the 365 days up to as_of (sum).", _MONEY, _NOBODY),
    Column("avg_net_revenue_365d", Type.MONEY, "net_revenue_365d / in_profile.", _MONEY, _NOBODY),
    Column("with_clv", Type.INTEGER, "Of them, those who have a clv.", "customers", minimum=0),
    Column("clv", Type.MONEY, "Sum of their clv as of as_of.", _MONEY, "none has one, or there is no credible model"),
    Column("avg_clv", Type.MONEY, "clv / with_clv.", _MONEY, "none has one, or there is no credible model"),
)


def segment_movements(inputs: Inputs) -> ir.Table:
    """The day's rows: a way from one segment to another that somebody went; none on the first observed day."""
    segmentations = inputs.config.segmentations
    changes = inputs.table(tables.MEMBERSHIP_CHANGES)
    # Changes of the day are those since the observed day before: older ones need not be read.
    today = by_name(changes.filter(changes.as_of == inputs.as_of), segmentations)
    overlapping = [name for name, segmentation in segmentations.items() if not segmentation.is_exclusive]
    moves = moves_of(today, _pairs(inputs), overlapping)
    profile = inputs.table(tables.CUSTOMER_PROFILE)
    clv = profile.clv if "clv" in profile.columns else ibis.null(Type.MONEY.ibis)
    people = profile.select(known="customer_id", net_revenue_365d=profile.monetary_365d, clv=clv)
    rows = moves.left_join(people, moves.customer_id == people.known)
    ways = rows.group_by(*_WAY).agg(
        customers=rows.count(),
        in_profile=rows.known.count(),
        net_revenue_365d=rows.net_revenue_365d.sum(),
        with_clv=rows.clv.count(),
        clv=rows.clv.sum(),
    )
    values = {name: ways[name] for name in ways.columns} | {
        "avg_net_revenue_365d": money_per(ways.net_revenue_365d, ways.in_profile),
        "avg_clv": money_per(ways.clv, ways.with_clv),
    }
    return ways.select(**{column.name: values[column.name].cast(column.type.ibis) for column in SEGMENT_MOVEMENTS_COLUMNS})


def _pairs(inputs: Inputs) -> ir.Table:
    """The day and the last before it on which each configured segmentation was observed."""
    days, segmentations = inputs.table(tables.OBSERVED_DAYS), inputs.config.segmentations
    earlier = by_name(days.filter(days.as_of < inputs.as_of), segmentations)
    earlier = earlier.filter(earlier.segmentation.isin(list(segmentations)))
    pairs = earlier.group_by("segmentation").agg(previous_as_of=earlier.as_of.max())
    return pairs.mutate(as_of=ibis.literal(inputs.as_of), period=ibis.literal("day")).select(*PAIR)


def _reads(config: Config) -> tuple[str, ...]:
    return (tables.CUSTOMER_PROFILE, tables.MEMBERSHIP_CHANGES, tables.OBSERVED_DAYS)


SEGMENT_MOVEMENTS = Measurement(
    TableContract(
        "measurement.segment_movements",
        "A way from one segment to another on a day: how many went it, and what they bring.",
        SEGMENT_MOVEMENTS_COLUMNS,
        key=("as_of", "segmentation", "source", "target"),
        published=True,
        accumulates=True,
        checked=True,
        owner="team:analytics",
    ),
    _reads,
    segment_movements,
)
