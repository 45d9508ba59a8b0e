"""Spellings of a telephone number that are the same number, on every any_engine."""

from __future__ import annotations

import pytest

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.identity.phone import e164

NUMBERS = [
    ("+49 30 23125-042", "", "+493023125042"),
    ("0049 (0)30/23125 042", "DE", "+493023125042"),
    ("030 23125042", "DE", "+493023125042"),
    ("+493023125042", "FR", "+493023125042"),  # an international number is the same from anywhere
    ("020 7946 0123", "GB", "+442079460123"),
    ("030 23125042", "", None),  # national, and nobody knows of which nation
    ("0302", "DE", None),  # too short
    ("unbekannt", "DE", None),
    ("+999 123 456 789", "", None),  # no such country
    (None, "DE", None),
]


def test_spellings_of_one_number_are_one(any_engine: Engine) -> None:
    given = {"place": list(range(len(NUMBERS))), "number": [n for n, _, _ in NUMBERS], "region": [r for _, r, _ in NUMBERS]}
    table = any_engine.memtable(given, {"place": "int64", "number": "string", "region": "string"})
    found = any_engine.rows(table.select("place", e164=e164(table.number, table.region)).order_by("place"))
    assert [row["e164"] for row in found] == [expected for _, _, expected in NUMBERS]


def test_a_default_region_is_a_country() -> None:
    from segmentation_pipeline.config.schema import IdentityConfig

    assert IdentityConfig(default_region="AT").default_region == "AT"
    with pytest.raises(ValueError, match="'de' is not a country of two capital letters"):
        IdentityConfig(default_region="de")
