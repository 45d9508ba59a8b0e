"""What is told of files before anything is run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from segmentation_pipeline.config.schema import Campaign
from segmentation_pipeline.quality.look import look
from segmentation_pipeline_tests.clean.project import ORDERS, config, write

MAPPED = {"columns": {name: name for name in ORDERS.split(",")}}
CAMPAIGN = {"title": "News", "channel": "email", "audience": "frequency >= 1", "rank_by": "monetary"}


def told(root: Path, cfg) -> list[str]:
    return [found.message for found in look(root, cfg, date(2025, 3, 31)) if found.severity == "warning"]


@pytest.mark.parametrize("mapping", [{}, MAPPED], ids=["by its own names", "mapped"])
@pytest.mark.parametrize("header", ["cur", "Waehrung"])
def test_a_column_of_currencies_that_nobody_reads_is_told(tmp_path, mapping, header):
    write(tmp_path, "orders", f"{ORDERS},{header}", "o1,C1,2025-03-01,5,EUR", "o2,C1,2025-03-01,5,USD")
    [message] = told(tmp_path, config({"orders": mapping}))
    assert message.startswith(f"orders.csv has a column '{header}' that is not read, which has USD: amounts are taken for EUR.")


@pytest.mark.parametrize("values", [("EUR", "EUR"), ("DEU", "USA"), ("abc", "USD")], ids=["one's own", "countries", "words"])
def test_a_column_with_nothing_foreign_in_it_is_not(tmp_path, values):
    write(tmp_path, "orders", f"{ORDERS},cur", *(f"o{n},C1,2025-03-01,5,{value}" for n, value in enumerate(values)))
    assert told(tmp_path, config({"orders": MAPPED})) == []


def test_a_column_that_may_hold_noes_is_told_before_a_run_stops(tmp_path):
    write(tmp_path, "orders", ORDERS, "o1,C1,2025-03-01,5")
    write(tmp_path, "customers", "customer_id,accepts_marketing,accepts_sms", "C1,no,no")
    cfg = config({"orders": {}, "customers": {}})
    assert told(tmp_path, cfg) == []
    [message] = told(tmp_path, cfg.model_copy(update={"campaigns": {"news": Campaign.model_validate(CAMPAIGN)}}))
    assert message.startswith(
        "customers.csv has a column 'accepts_marketing' that is not read; if it says who agrees, nobody is kept"
    )
