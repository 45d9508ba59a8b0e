"""What a contact cost: the months of a campaign add up to all that was spent on it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.measurement.campaign_result_columns import ALL
from segmentation_pipeline.measurement.contact_costs import Costs
from segmentation_pipeline.measurement.definitions import Definition
from segmentation_pipeline.measurement.result_cells import EVER
from segmentation_pipeline_tests.examples import examples


def per_contact(spent: dict[int, int], contacts: dict[int, int], otherwise: Decimal | None = None) -> dict[int, Fraction]:
    """The cost of a contact by month, of what was spent and how many were contacted by month."""
    waves = {**contacts, EVER: sum(contacts.values())}
    by_cell: dict[tuple[int, str, str], dict[str, dict[str, Any]]] = {
        (wave, ALL, ALL): {"treatment": {"ever_contacts": count}, "holdout": {"ever_contacts": 0}}
        for wave, count in waves.items()
    }
    mail = Definition(
        key="mail", name="mail", source="campaigns", channel="post", labels=("mail",), shares={}, cost_per_contact=otherwise
    )
    costs = Costs({("mail", month): Fraction(amount) for month, amount in spent.items()} | {("brand", 5): Fraction(99)})
    return costs.of(mail, by_cell)


def test_a_design_paid_the_month_before_is_of_the_month_it_was_made_for() -> None:
    assert per_contact({3: 400, 4: 2}, {4: 100, 6: 50}) == {4: Fraction("4.02"), EVER: Fraction("2.68")}


def test_what_is_paid_after_the_last_contact_is_of_the_last_month_with_some() -> None:
    assert per_contact({9: 30}, {4: 10, 6: 10, 7: 0}) == {6: 3, EVER: Fraction("1.5")}


def test_a_month_nothing_was_spent_on_costs_what_a_contact_is_said_to() -> None:
    assert per_contact({4: 10}, {4: 10, 6: 10}, Decimal("0.5")) == {4: 1, 6: Fraction("0.5"), EVER: Fraction("0.5")}


@given(
    st.dictionaries(st.integers(1, 12), st.integers(1, 900)), st.dictionaries(st.integers(1, 12), st.integers(1, 50), min_size=1)
)
@examples(40, 200)
def test_months_add_up(spent: dict[int, int], contacts: dict[int, int]) -> None:
    found = per_contact(spent, contacts)
    assert sum(found.get(month, 0) * count for month, count in contacts.items()) == sum(spent.values())
    assert found.get(EVER, Fraction(0)) * sum(contacts.values()) == sum(spent.values())
