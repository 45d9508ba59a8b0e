"""What a contact cost: of a campaign, what was spent divided among its contacts, each person and day once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.measurement.campaign_result_columns import ALL
from segmentation_pipeline.measurement.definitions import Definition
from segmentation_pipeline.measurement.measurement import Inputs
from segmentation_pipeline.measurement.months import month_of
from segmentation_pipeline.measurement.result_cells import EVER


@dataclass(frozen=True, slots=True)
class Costs:
    """What was spent, by campaign as the costs call it (lower case) and month (counted since the year 0)."""

    spent: Mapping[tuple[str, int], Fraction]

    def of(
        self, definition: Definition, by_cell: Mapping[tuple[int, str, str], Mapping[str, Mapping[str, Any]]]
    ) -> dict[int, Fraction]:
        """The cost of one contact by wave: what was spent on it per contact; else ``cost_per_contact``; none unknown.

        A wave is a month, and ``EVER`` all of them.  What was spent in a month without contacts, for a design or a list, is of
        the next month that has some, or of the last: so the months add up to all.
        """
        waves = {wave for wave, segmentation, _ in by_cell if segmentation == ALL}
        contacts = {wave: sum(int(row["ever_contacts"]) for row in by_cell[wave, ALL, ALL].values()) for wave in waves}
        months = sorted(wave for wave, count in contacts.items() if count and wave != EVER)
        spent: dict[int, Fraction] = {}
        for (label, month), amount in self.spent.items():
            if label in definition.labels:
                of_month = next((wave for wave in months if wave >= month), max(months, default=EVER))
                for wave in {of_month, EVER}:
                    spent[wave] = spent.get(wave, Fraction(0)) + amount
        found: dict[int, Fraction] = {}
        for wave in waves:
            if wave in spent and contacts[wave]:
                found[wave] = spent[wave] / contacts[wave]
            elif definition.cost_per_contact is not None:
                found[wave] = Fraction(str(definition.cost_per_contact))
        return found


def campaign_costs(inputs: Inputs) -> Costs:
    if not inputs.config.has("marketing_costs"):
        return Costs({})
    costs = inputs.table(tables.clean("marketing_costs"))
    monthly = costs.group_by(
        label=costs.campaign.strip().lower(),
        month=month_of(costs.event_date),
    ).agg(amount=costs.amount.sum())
    return Costs({(str(row["label"]), int(row["month"])): Fraction(row["amount"]) for row in inputs.engine.rows(monthly)})


def in_cents(amount: Fraction) -> Decimal:
    """An amount in whole cents, halves away from 0."""
    exact = Decimal(amount.numerator) / Decimal(amount.denominator)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
