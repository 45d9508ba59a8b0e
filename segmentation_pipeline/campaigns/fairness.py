"""Are the groups of a declared attribute chosen for a campaign, and contacted, at rates that differ?

Counts of the day's lists by group, with Wilson's interval of each rate and the four-fifths rule: a rate below four fifths of the
highest is told (Uniform Guidelines on Employee Selection Procedures, 1978, 29 CFR 1607.4 D; a rule of thumb, no verdict), and as
the same guidelines ask, apart from what small numbers bring about by chance: where the two intervals overlap.
Nobody's group leaves this file but as a count, and groups of fewer than ``FEWEST`` people have no figures at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import FairnessConfig
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.intervals import wilson

FEWEST = 100
"""Rates of fewer people differ by chance alone, and tell of single persons."""
FOUR_FIFTHS = 0.8
UNKNOWN = "unknown"
CHOSEN, CONTACTED = "chosen", "contacted"
OK, BELOW, BY_CHANCE = "ok", "below_four_fifths", "below_within_chance"
TOO_FEW, NOT_COMPARED = "too_few", "not_compared"


@dataclass(frozen=True, slots=True)
class Cell:
    """How many ``people`` of a group there are, how many a campaign chose (in any arm) and contacted."""

    campaign: str
    attribute: str
    group: str
    people: int
    chosen: int
    contacted: int


def count_cells(
    engine: Engine, profile: ir.Table, groups: ir.Table, audiences: ir.Table, attribute: str, campaigns: Sequence[str]
) -> list[Cell]:
    """The cells of one attribute, of every campaign and group, in order.

    ``profile`` has everybody's ``customer_id``; ``groups`` (customer_id and attribute) those whose group is known; ``audiences``
    are the day's rows of ``campaign_audiences``, one version of each list.
    """
    known = groups.select("customer_id", group=groups[attribute])
    everybody = profile.select("customer_id").left_join(known, "customer_id").drop("customer_id_right")
    everybody = everybody.mutate(group=everybody.group.fill_null(UNKNOWN))
    people = {str(row["group"]): int(row["n"]) for row in engine.rows(everybody.group_by("group").agg(n=everybody.count()))}
    listed = audiences.select("campaign", "customer_id", "arm").inner_join(everybody, "customer_id")
    counted = listed.group_by("campaign", "group").agg(
        chosen=listed.count(), contacted=(listed.arm != Arm.HOLDOUT.value).cast("int64").sum()
    )
    found = {(row["campaign"], row["group"]): row for row in engine.rows(counted)}
    none: Mapping[str, int] = {"chosen": 0, "contacted": 0}
    cells = []
    for campaign in campaigns:
        for group in sorted(people):
            row = found.get((campaign, group), none)
            cells.append(Cell(campaign, attribute, group, people[group], int(row["chosen"]), int(row["contacted"])))
    return cells


def fairness_rows(
    cells: Sequence[Cell], proxies: Mapping[tuple[str, str, str], float | None], config: FairnessConfig
) -> list[dict[str, object]]:
    """The rows of ``campaigns.audience_fairness`` without their day: two a cell, of who was chosen and who was contacted.

    ``proxies``: by campaign, attribute and group, how well the campaign's own columns tell the group (``proxies.auc_of``).
    """
    waivers = {(waiver.campaign, waiver.group): waiver for waiver in config.waivers}
    rows = []
    for measure in (CHOSEN, CONTACTED):
        best = _highest(cells, measure)
        for cell in cells:
            waiver = waivers.get((cell.campaign, cell.attribute))  # type: ignore[arg-type]
            rows.append(
                {
                    "campaign": cell.campaign,
                    "attribute": cell.attribute,
                    "customer_group": cell.group,
                    "measure": measure,
                    **_figures(cell, measure, best.get((cell.campaign, cell.attribute))),
                    "proxy_auc": proxies.get((cell.campaign, cell.attribute, cell.group)),
                    "waived_by": waiver.name if waiver else None,
                    "waived_because": waiver.reason if waiver else None,
                }
            )
    return sorted(rows, key=lambda row: tuple(str(row[key]) for key in ("campaign", "attribute", "customer_group", "measure")))


def _highest(cells: Sequence[Cell], measure: str) -> dict[tuple[str, str], tuple[float, float]]:
    """The highest rate of a known group with enough people and the lower bound of its interval, by campaign and attribute."""
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for cell in cells:
        if cell.people >= FEWEST and cell.group != UNKNOWN:
            key, counted = (cell.campaign, cell.attribute), _counted(cell, measure)
            found[key] = max(found.get(key, (0.0, 0.0)), (counted / cell.people, wilson(counted, cell.people)[0]))
    return found


def _figures(cell: Cell, measure: str, best: tuple[float, float] | None) -> dict[str, object]:
    if cell.people < FEWEST:
        nothing: dict[str, object] = dict.fromkeys(("selected", "rate", "low", "high", "ratio"))
        return {"people": cell.people, **nothing, "flag": TOO_FEW}
    counted = _counted(cell, measure)
    low, high = wilson(counted, cell.people)
    ratio = counted / cell.people / best[0] if best and best[0] and cell.group != UNKNOWN else None
    if ratio is None or best is None:
        flag = NOT_COMPARED
    elif ratio >= FOUR_FIFTHS:
        flag = OK
    else:
        flag = BELOW if high < best[1] else BY_CHANCE
    rate = counted / cell.people
    return {"people": cell.people, "selected": counted, "rate": rate, "low": low, "high": high, "ratio": ratio, "flag": flag}


def _counted(cell: Cell, measure: str) -> int:
    return cell.chosen if measure == CHOSEN else cell.contacted


def latest_lists(audiences: ir.Table, funnel: ir.Table) -> ir.Table:
    """Of the day's lists the last version of each campaign's, by the day's funnel: one that holds nobody has no row among the
    audiences."""
    last = funnel.group_by("campaign").agg(version=funnel.version.max())
    return audiences.semi_join(last, ["campaign", "version"])
