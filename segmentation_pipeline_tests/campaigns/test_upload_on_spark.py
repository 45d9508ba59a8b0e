"""Spark writes the same bytes as DuckDB, profile by profile, and counts the same groups."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from segmentation_pipeline.campaigns.fairness import count_cells
from segmentation_pipeline.campaigns.proxies import auc_by_group
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline_tests.campaigns import shop
from segmentation_pipeline_tests.campaigns import test_proxies as groups
from segmentation_pipeline_tests.campaigns import test_upload as lists

pytestmark = pytest.mark.wide
CONTENT = {"content": {"tier": "tier", "points": "points", "why": "reason"}}
EVERYTHING = {"profile_settings": {"match_on": "everything"}}
ODD = lists.EVE | {
    "customer_id": "c",
    "first_name": "\u0130nci-Vale\u0301ry",
    "last_name": '\\"=',
    "email": "o.dd+x@googlemail.com",
    "phone": "+4930123456",
}
LATER = lists.DAY + timedelta(days=1)


@pytest.fixture
def on_spark(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    from segmentation_pipeline.engine.spark import SparkEngine

    return SparkEngine(request.getfixturevalue("spark").newSession(), str(tmp_path / "warehouse"))


ASKED = {
    "google_customer_match": {"channel": "ads"} | EVERYTHING,
    "meta_custom_audience": {"channel": "ads"} | EVERYTHING,
    "tiktok_custom_audience": {"channel": "ads", "profile_settings": {"rules": "list_of_ids", "match_on": "email_and_phone"}},
    "klaviyo": CONTENT,
    "plain_csv": {"channel": "sms"},
    "json_lines": CONTENT,
}


@pytest.mark.parametrize("name", ASKED)
def test_the_same_bytes(on_spark: Engine, tmp_path: Path, name: str) -> None:
    told = {}
    for engine in (on_spark, lists.ENGINE):
        folder = tmp_path / type(engine).__name__
        lists.write(folder, name, engine=engine, people=(lists.JANE, lists.EVE, ODD), **ASKED[name])
        told[type(engine).__name__] = lists.write(folder, name, engine=engine, people=(ODD,), as_of=LATER, **ASKED[name])
    assert told["SparkEngine"] == told["DuckDBEngine"]


def test_the_same_groups_and_proxies(on_spark: Engine) -> None:
    profile, by_age = groups.people()
    day = {"campaign": "string", "customer_id": "string", "arm": "string"}
    listed = shop.table(day, [("c", f"p{n:04}", "holdout" if n % 3 else "treatment") for n in range(0, 900, 2)])
    cells = [count_cells(engine, profile, by_age, listed, "age_band", ["c"]) for engine in (on_spark, lists.ENGINE)]
    assert cells[0] == cells[1] and {cell.group for cell in cells[0]} == {"old", "young", "unknown"}
    found = [
        auc_by_group(e, profile, by_age, "age_band", ("shoe", "shop", "since", "told"), "salt-salt")
        for e in (on_spark, lists.ENGINE)
    ]
    assert found[0] == found[1]
