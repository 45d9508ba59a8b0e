"""Building on the last run gives what making everything anew gives, whatever came, changed or went, in any order of days."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.goods import GOODS
from segmentation_pipeline_tests.clean.project import clean_all, config
from segmentation_pipeline_tests.features.project import features

MIDDLE = date(2025, 3, 15)
CONFIG = config(
    {"customers": {}, "orders": {}, "returns": {}, "order_items": {}, "products": {}},
    business={"key_case": "upper", "timezone": "Europe/Berlin"},
    features={"channels": ["web", "store"], "categories": ["Hats", "Shoes"]},
    quality={"max_future_days": 40},
).model_copy(
    update={
        "privacy": config({"orders": {}}).privacy.model_copy(update={"attributes": ("age_years", "city"), "consent": "required"})
    }
)
Record = dict[str, str]

customer = st.sampled_from(["C1", " c1 ", "C2", "c3", "", "C9"])
order = st.sampled_from(["O1", "o1 ", "O2", "O3", "O4", ""])
money = st.sampled_from(["10", "7.10", "250", "-1", "ten"])
# Around both ends of every window, of the limit of the future and of the years of age.
moment = st.integers(-400, 90).map(lambda days: str(MIDDLE + timedelta(days=days))) | st.sampled_from(
    ["2025-03-14 23:30:00", "2025-03-15T23:30:00Z", "2025-03-16", "2025-02-13", "2024-12-15", "2024-03-15", "soon", ""]
)
COLUMNS = {
    "customers": {
        "customer_id": customer,
        "signed_up_at": moment,
        "birth_date": st.sampled_from(["1980-03-15", "1990-03-16", "2000-02-29", "2025-03-20", ""]),
        "city": st.sampled_from(["Köln", "Gent"]),
        "updated_at": moment,
    },
    "orders": {
        "order_id": order,
        "customer_id": customer,
        "ordered_at": moment,
        "amount": money,
        "discount_amount": money,
        "channel": st.sampled_from(["web", "store", ""]),
        "status": st.sampled_from(["completed", "cancelled", "lost"]),
        "updated_at": moment,
    },
    "returns": {"return_id": st.sampled_from(["R1", "R2", ""]), "order_id": order, "returned_at": moment, "amount": money},
    "order_items": {
        "order_id": order,
        "line_number": st.sampled_from(["1", "2", ""]),
        "product_id": st.sampled_from(["P1", "P2", ""]),
        "quantity": st.sampled_from(["1", "0.5", ""]),
        "amount": money,
    },
    "products": {
        "product_id": st.sampled_from(["P1", "P2"]),
        "category": st.sampled_from(["Hats", "Shoes", ""]),
        "brand": st.sampled_from(["Acme", "Best", ""]),
        "unit_cost": st.sampled_from(["3.33", ""]),
    },
}


@dataclass(frozen=True)
class Step:
    """What happened before a run: files by source and number with their new records (None: the file is gone)."""

    files: dict[tuple[str, int], list[Record] | None]
    as_of: date


@st.composite
def steps(draw: st.DrawFn) -> Step:
    files: dict[tuple[str, int], list[Record] | None] = {}
    for source in draw(st.sets(st.sampled_from(sorted(COLUMNS)), max_size=3)):
        records = st.lists(st.fixed_dictionaries(COLUMNS[source]), max_size=6)
        # File 0 may change but stays, so that every source always has a file.
        number = draw(st.integers(0, 2))
        files[source, number] = draw(records if number == 0 else st.none() | records)
    return Step(files, MIDDLE + timedelta(days=draw(st.integers(-20, 60))))


def _write(folder: Path, source: str, number: int, records: list[Record] | None) -> None:
    path = folder / f"{source}_{number}.csv"
    if records is None:
        path.unlink(missing_ok=True)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS[source])
        writer.writeheader()
        writer.writerows(records)


def _contents(engine: DuckDBEngine) -> dict[str, list[str]]:
    """The rows of every table a run reads on; the order of rows is nobody's."""
    names = [
        tables.ORDER_FACTS,
        *GOODS,
        tables.CUSTOMER_STATE,
        tables.CUSTOMER_FEATURES,
        tables.PII_CUSTOMERS,
    ]
    for source in CONFIG.sources:
        names += [tables.clean(source), tables.validated(source), tables.quarantine(source)]
    names += [tables.future_dated(source) for source in ("customers", "orders")]
    return {name: sorted(str(sorted(row.items())) for row in engine.rows(engine.table(name))) for name in names}


def _run(engine: DuckDBEngine, folder: Path, as_of: date, since: date | None) -> tuple[object, dict[str, list[str]]]:
    changes = ChangeSet(since)
    accounts = clean_all(engine, folder, CONFIG, as_of, changes)
    features(engine, CONFIG, as_of, changes)
    return accounts, _contents(engine)


REFUSED = {
    "order_id": "O2",
    "customer_id": "C2",
    "ordered_at": "2025-02-03",
    "amount": "ten",
    "channel": "web",
    "status": "cancelled",
    "updated_at": "2025-04-18",
}


@pytest.mark.slow
# A row refused for one value has another that is too far ahead on the first day only.
@example([Step({("orders", 0): [REFUSED]}, date(2025, 3, 4)), Step({}, date(2025, 3, 10))])
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps(), min_size=2, max_size=3))
def test_a_run_that_builds_on_the_last_one_equals_a_run_from_nothing(story):
    with tempfile.TemporaryDirectory() as name:
        folder, building = Path(name), DuckDBEngine(None)
        for source in COLUMNS:
            _write(folder, source, 0, [])
        since = None
        for step in story:
            for (source, number), records in step.files.items():
                _write(folder, source, number, records)
            full_refresh = DuckDBEngine(None)
            assert _run(building, folder, step.as_of, since) == _run(full_refresh, folder, step.as_of, None)
            full_refresh.close()
            since = step.as_of
        building.close()
