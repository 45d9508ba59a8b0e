"""By whose id a person goes does not depend on what is told afterwards, nor on the order of days."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path

import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.identity.identifiers import write_identifiers
from segmentation_pipeline.identity.stored import update_identity, update_merges
from segmentation_pipeline_tests.clean.project import clean_all, config, write

CUSTOMERS = ("customer_id,signed_up_at", "new,2025-01-20", "old,2025-01-01", "mid,2025-01-05", "z,2025-01-01", "y,2025-01-01")
RECORDS = (
    "record_id,customer_id,system,kind,identifier,seen_at",
    "r1,mid,web,email,x@example.com,2025-01-05",
    "r2,new,web,email,x@example.com,2024-01-01",  # dated before the account there is
    "r3,y,web,email,y@example.com,2025-01-01",
)
DECISIONS = ("customer_id,other_customer_id,verdict,decided_at", "z,y,always_merge,2025-01-02")
LATE = ("r4,old,web,email,x@example.com,2023-01-01", "r5,new,crm,email,x@example.com,2022-01-01")


def _settings() -> Config:
    return config({name: {} for name in ("orders", "customers", "identities", "merge_decisions")})


def _write(folder: Path, *more: str) -> None:
    write(folder, "customers", *CUSTOMERS)
    write(folder, "identities", *RECORDS, *more)
    write(folder, "merge_decisions", *DECISIONS)
    write(folder, "orders", "order_id,customer_id,ordered_at,amount", "o1,mid,2025-01-06,5.00")


def _run(engine: DuckDBEngine, folder: Path, day: int) -> dict[object, object]:
    as_of = date(2025, 1, day)
    clean_all(engine, folder, _settings(), as_of)
    changes = ChangeSet()
    write_identifiers(engine, _settings(), changes)
    update_identity(engine, _settings(), as_of, changes)
    update_merges(engine, as_of)
    rows = engine.rows(engine.table(tables.CUSTOMER_IDENTITY).order_by("customer_id"))
    return {row["customer_id"]: row["canonical_customer_id"] for row in rows}


@pytest.mark.long
def test_days_in_any_order_name_a_person_alike(tmp_path: Path) -> None:
    _write(tmp_path)
    found = set()
    for order in itertools.permutations((3, 10, 25)):
        engine = DuckDBEngine(None)
        by_day = {day: _run(engine, tmp_path, day) for day in order}
        found.add(str([by_day[day] for day in (3, 10, 25)]))
        engine.close()
    assert found == {str([{"z": "y"}, {"z": "y"}, {"new": "mid", "z": "y"}])}


@pytest.mark.slow
def test_a_record_that_comes_late_does_not_take_over_the_id(tmp_path: Path) -> None:
    """Who was known keeps the name although the late records are dated years before; also on days run again."""
    _write(tmp_path)
    engine = DuckDBEngine(None)
    assert _run(engine, tmp_path, 25) == {"new": "mid", "z": "y"}
    _write(tmp_path, *LATE)
    for day in (26, 25, 30):
        assert _run(engine, tmp_path, day) == {"new": "mid", "old": "mid", "z": "y"}
    assert _run(engine, tmp_path, 10) == {"old": "mid", "z": "y"}
    engine.close()
    # Where nobody had a name before, the first to be known gives it.
    full_refresh = DuckDBEngine(None)
    assert _run(full_refresh, tmp_path, 25) == {"new": "old", "mid": "old", "z": "y"}
    full_refresh.close()


@pytest.mark.slow
def test_decisions_come_with_who_they_name(tmp_path: Path) -> None:
    """A first identifier of z, whom only a decision named so far, changes nothing."""
    _write(tmp_path)
    engine = DuckDBEngine(None)
    assert _run(engine, tmp_path, 25)["z"] == "y"
    _write(tmp_path, "r9,z,web,email,z@example.com,2020-01-01")
    assert _run(engine, tmp_path, 26)["z"] == "y"
    engine.close()
