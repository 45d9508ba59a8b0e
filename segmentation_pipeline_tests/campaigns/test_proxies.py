"""A column that tells a group is found, whatever its type; chance is not."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from segmentation_pipeline.campaigns.proxies import TELLS, auc_by_group, columns_of
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)
SCHEMA = {"customer_id": "string", "chance": "float64", "shoe": "float64", "shop": "string", "since": "date", "told": "boolean"}


def people(shuffled: int = 0):
    """1,200 people; of the young, shoes are small or huge, shops are two, dates late, and ``told`` is true."""
    dice, rows, groups = random.Random(7), [], []
    for n in range(1_200):
        young = dice.random() < 0.4
        shoe = dice.choice([1.0, 9.0]) if young else dice.uniform(3, 7)
        since = date(2020, 1, 1) + timedelta(days=1500 * young + dice.randrange(400))
        name = f"p{n:04}"
        rows.append((name, dice.random(), None if n % 50 == 0 else shoe, "mall" if young else f"s{n % 40}", since, young))
        groups.append((name, "young" if young else "old") if n % 30 else (name, None))
    random.Random(shuffled).shuffle(rows)
    return shop.table(SCHEMA, rows), shop.table({"customer_id": "string", "age_band": "string"}, groups)


@pytest.mark.parametrize("column", ["shoe", "shop", "since", "told"])
def test_a_column_that_tells_the_group_is_found(column):
    found = auc_by_group(ENGINE, *people(), "age_band", (column,), "salt-salt")
    assert found.keys() == {"young", "old"} and min(found.values()) > 0.9


def test_chance_tells_nothing():
    found = auc_by_group(ENGINE, *people(), "age_band", ("chance",), "salt-salt")
    assert all(abs(auc - 0.5) < 0.1 < TELLS for auc in found.values())


def test_the_order_of_rows_changes_nothing():
    first = auc_by_group(ENGINE, *people(), "age_band", ("shoe", "shop", "chance"), "salt-salt")
    assert first == auc_by_group(ENGINE, *people(shuffled=3), "age_band", ("shoe", "shop", "chance"), "salt-salt")


def test_too_few_people_tell_nothing():
    profile, groups = people()
    few = groups.mutate(age_band=(groups.customer_id < "p0060").ifelse("few", groups.age_band))
    assert auc_by_group(ENGINE, profile, few, "age_band", ("shoe",), "salt-salt")["few"] is None


def test_the_columns_a_campaign_chooses_by():
    campaign = shop.campaign(audience="shoe > 3 and shop = 'mall'", rank_by="clv")
    assert columns_of(campaign, ["customer_id", "clv", "shoe", "shop", "other"]) == ("shoe", "shop", "clv")
