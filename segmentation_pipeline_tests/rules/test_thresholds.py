"""Thresholds are read off a rule, however it is written."""

from __future__ import annotations

import pytest

from segmentation_pipeline.rules.thresholds import thresholds


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("lapse_90 >= 0.6", ["lapse_90 >= 0.6"]),
        ("0.6 > lapse_90", ["lapse_90 < 0.6"]),
        ("lapse_90 between 0.2 and 0.6 and not (lapse_90 > 0.5)", ["lapse_90 >= 0.2", "lapse_90 <= 0.6", "lapse_90 > 0.5"]),
        ("lapse_90 >= 0.6 or lapse_90 >= 0.6", ["lapse_90 >= 0.6"]),
        ("lapse_90 is null or lapse_90 = 0.5 or lapse_90 > frequency or lapse_90 * 2 > 1", []),
        ("count(orders, 90) >= 3 and country = 'BE'", []),
        ("this is no rule", []),
    ],
)
def test_a_column_compared_by_size_with_a_number(rule: str, found: list[str]) -> None:
    assert [str(each) for each in thresholds(rule) if each.column == "lapse_90"] == found


def test_which_side_a_value_is_on() -> None:
    [at_least], [below] = thresholds("lapse_90 >= 0.6"), thresholds("lapse_90 < 0.6")
    assert at_least.holds(0.6) and not at_least.holds(0.599999) and not below.holds(0.6) and below.holds(0.599999)
