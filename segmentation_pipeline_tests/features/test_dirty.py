"""Whose features a change concerns: of rows that name a customer, and of rows that name an order or a product."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.clean.project import AS_OF, clean_all, config, write
from segmentation_pipeline_tests.features.project import features, features_of_files

CONFIG = config({"orders": {}, "customers": {}, "order_items": {}, "products": {}, "returns": {}})
FILES: dict[str, Sequence[str]] = {
    "customers": ("customer_id,city", "anna,Gent", "bert,Gent", "carl,Gent"),
    "orders": (
        "order_id,customer_id,ordered_at,amount",
        "o1,anna,2025-01-05,30",
        "o2,bert,2025-01-06,30",
        "o3,carl,2025-01-07,30",
        "o4,anna,2025-02-07,10",
    ),
    "products": ("product_id,category,brand,unit_cost", "p1,Bags,Ost,5", "p2,Hats,West,4"),
    "order_items": (
        "order_id,line_number,product_id,quantity,amount",
        "o1,1,p1,1,30",
        "o2,1,p2,2,30",
        "o3,1,p2,1,30",
        "o4,1,p2,1,10",
    ),
    "returns": ("return_id,order_id,returned_at,amount", "r1,o2,2025-02-01,30"),
}
CHANGES: dict[str, tuple[str, str, str, set[str]]] = {
    "a customer moved": ("customers", "bert,Gent", "bert,Ostend", {"bert"}),
    "an order is another's now": ("orders", "o3,carl,", "o3,bert,", {"bert", "carl"}),
    "an order came": ("orders", "", "o5,carl,2025-02-20,5", {"carl"}),
    "a line says another amount": ("order_items", "o4,1,p2,1,10", "o4,1,p2,1,8", {"anna"}),
    "the last line went": ("order_items", "o4,1,p2,1,10", "", {"anna"}),
    "a product is of another category": ("products", "p1,Bags,", "p1,Shoes,", {"anna"}),
    "a product costs something else": ("products", "p2,Hats,West,4", "p2,Hats,West,6", {"anna", "bert", "carl"}),
    "a return came": ("returns", "", "r2,o3,2025-02-03,10", {"carl"}),
    "a return is of another order": ("returns", "r1,o2,", "r1,o1,", {"anna", "bert"}),
}


def _write(folder: Path, source: str = "", before: str = "", after: str = "") -> None:
    for name, (header, *rows) in FILES.items():
        if name == source:
            rows = [row.replace(before, after, 1) if before else row for row in rows] + ([] if before else [after])
        write(folder, name, header, *(row for row in rows if row))


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_makes_the_rows_of_those_it_concerns_anew_and_no_others(change: str, tmp_path: Path) -> None:
    source, before, after, concerned = CHANGES[change]
    building, from_nothing = DuckDBEngine(None), DuckDBEngine(None)
    _write(tmp_path)
    features_of_files(building, tmp_path, CONFIG)
    _write(tmp_path, source, before, after)
    changes = ChangeSet(AS_OF)
    clean_all(building, tmp_path, CONFIG, AS_OF, changes)
    found = features(building, CONFIG, AS_OF, changes)
    dirty = {str(row["customer_id"]) for row in building.rows(building.table(tables.DIRTY_CUSTOMERS))}
    assert dirty == concerned
    assert found == features_of_files(from_nothing, tmp_path, CONFIG)
    building.close()
    from_nothing.close()


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after"), [([], ["xaver"]), (["xaver"], [])], ids=["is left out", "counts again"])
@pytest.mark.parametrize("source", ["campaign_contacts", "subscriptions"])
def test_who_is_left_out_or_counts_again_concerns_those_who_shared_something_with_them(
    source: str, before: list[str], after: list[str], tmp_path: Path
) -> None:
    """A campaign's cost is shared among fewer; a subscription that went to xaver is anna's as far as anybody may know."""
    write(tmp_path, "orders", FILES["orders"][0], "o1,anna,2025-01-05,10", "o2,xaver,2025-01-05,10")
    told = ("spring,anna,2025-01-05,email,treatment", "spring,xaver,2025-01-05,email,treatment")
    write(tmp_path, "campaign_contacts", "campaign,customer_id,contacted_at,channel,arm", *told)
    write(tmp_path, "marketing_costs", "campaign,channel,spent_at,amount", "spring,email,2025-01-01,100")
    held = ("s1,anna,2024-01-01,active,5", "s1,xaver,2025-01-01,active,7")
    write(tmp_path, "subscriptions", "subscription_id,customer_id,changed_at,status,seats", *held)
    settings = config({name: {} for name in ("orders", source, *(["marketing_costs"] if source == "campaign_contacts" else []))})
    engine = DuckDBEngine(None)
    clean_all(engine, tmp_path, settings)
    _leave_out(engine, before)
    features(engine, settings)
    changes = ChangeSet(AS_OF)
    clean_all(engine, tmp_path, settings, AS_OF, changes)
    _leave_out(engine, after)
    engine.write(tables.EXCLUSIONS_DIRTY, engine.memtable({"customer_id": ["xaver"]}, {"customer_id": "string"}))
    changes.note(tables.EXCLUDED_CUSTOMERS, engine.table(tables.EXCLUSIONS_DIRTY))
    built_on = features(engine, settings, AS_OF, changes)
    dirty = {str(row["customer_id"]) for row in engine.rows(engine.table(tables.DIRTY_CUSTOMERS))}
    assert dirty == {"anna", "xaver"}
    assert built_on == features(engine, settings)
    engine.close()


def _leave_out(engine: DuckDBEngine, customers: list[str]) -> None:
    rows = {"customer_id": customers, "reason": ["objection"] * len(customers)}
    engine.write(tables.EXCLUDED_CUSTOMERS, engine.memtable(rows, dict.fromkeys(rows, "string")))
