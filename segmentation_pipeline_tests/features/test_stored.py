"""However the stored tables are made, they are the same."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.clean.project import AS_OF, clean_all, config, write
from segmentation_pipeline_tests.features.project import features, features_of_files

CONFIG = config({"orders": {}, "repayments": {}, "support": {}})
CUSTOMERS = ("anna", "bert", "carl", "dora", "emil")


def _write(folder: Path) -> Path:
    """Everybody ordered once, most asked for help and every other repays."""
    write(
        folder,
        "orders",
        "order_id,customer_id,ordered_at,amount",
        *(f"o{number},{name},2025-0{number + 1}-05,{number}0" for number, name in enumerate(CUSTOMERS)),
    )
    write(
        folder,
        "support",
        "ticket_id,customer_id,opened_at,closed_at,satisfaction",
        *(f"t{number},{name},2025-02-0{number + 1},2025-03-30,4" for number, name in enumerate(CUSTOMERS[1:])),
    )
    write(
        folder,
        "repayments",
        "loan_id,instalment,customer_id,due_at,amount_due,paid_at",
        *(f"l{number},1,{name},2025-03-1{number},50.00,2025-03-2{number}" for number, name in enumerate(CUSTOMERS[::2])),
    )
    return folder


@pytest.mark.slow
def test_made_in_portions_the_rows_are_those_made_at_once(tmp_path: Path) -> None:
    """Of everybody, and of the dirty ones when a run builds on the last one."""
    files, later, changes = _write(tmp_path), AS_OF + timedelta(days=32), ChangeSet(AS_OF)
    portioned, at_once = DuckDBEngine(None), DuckDBEngine(None)
    portioned.values_at_once = 20.0  # of fourteen columns, so a customer or two
    assert features_of_files(portioned, files, CONFIG) == features_of_files(at_once, files, CONFIG)
    clean_all(portioned, files, CONFIG, later, changes)
    assert features(portioned, CONFIG, later, changes) == features_of_files(at_once, files, CONFIG, later)
    portioned.close()
    at_once.close()


@pytest.mark.slow
def test_a_subscription_that_passes_to_another_customer_leaves_the_first(tmp_path: Path) -> None:
    """Only Bert's row is new, and Anna's subscription is another's: also a year later, when her seats of a year ago are."""
    settings, day, header = (
        config({"orders": {}, "subscriptions": {}}),
        AS_OF,
        "subscription_id,customer_id,changed_at,status,seats",
    )
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "o1,anna,2025-01-05,10", "o2,bert,2025-01-05,10")
    write(
        tmp_path,
        "subscriptions",
        header,
        "s1,anna,2024-01-01,active,5",
        "s2,anna,2024-01-01,active,1",
        "s3,bert,2024-01-01,active,2",
    )
    building, seats = DuckDBEngine(None), {}
    features_of_files(building, tmp_path, settings)
    write(
        tmp_path,
        "subscriptions",
        header,
        "s1,anna,2024-01-01,active,5",
        "s2,anna,2024-01-01,active,1",
        "s3,bert,2024-01-01,active,2",
        "s1,bert,2025-04-01,active,7",
    )
    for days in (1, 366, 367):
        changes, day = ChangeSet(day), AS_OF + timedelta(days=days)
        clean_all(building, tmp_path, settings, day, changes)
        found, full_refresh = features(building, settings, day, changes), DuckDBEngine(None)
        seats[days] = {name: (row["seats"], row["seats_a_year_ago"]) for name, row in found.items()}
        assert found == features_of_files(full_refresh, tmp_path, settings, day)
        full_refresh.close()
    assert seats == {
        1: {"anna": (1, 6), "bert": (9, 2)},
        366: {"anna": (1, 1), "bert": (9, 9)},
        367: {"anna": (1, 1), "bert": (9, 9)},
    }
    building.close()
