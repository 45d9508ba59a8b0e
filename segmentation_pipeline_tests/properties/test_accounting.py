"""Whatever arrives, every row ends in exactly one place, and how files are cut does not matter."""

from __future__ import annotations

import csv
import random
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.clean.project import AS_OF, clean_all, config
from segmentation_pipeline_tests.examples import examples

CONFIG = config({"customers": {}, "orders": {}, "order_items": {}}, business={"key_case": "upper", "timezone": "Europe/Berlin"})
Record = dict[str, str]

customer = st.sampled_from(["C1", " c1 ", "C2", "c3", "", "C9"])
order = st.sampled_from(["O1", "o1 ", "O2", "O3", "", "O9"])
amount = st.sampled_from(["10", "10.555", " 7.10 ", "0", "-1", "ten", "", "99999999"])
moment = st.sampled_from(
    [
        "2025-03-01",
        "2025-03-31 23:30:00",
        "2025-03-31T23:30:00Z",
        "2025-04-01",
        "2024-02-30",
        "",
        "1970-01-01",
        "2099-01-01",
        "soon",
    ]
)
city = st.sampled_from(["Köln", '"', "a\nb", ""])
customers = st.fixed_dictionaries({"customer_id": customer, "signed_up_at": moment, "city": city})
orders = st.fixed_dictionaries(
    {
        "order_id": order,
        "customer_id": customer,
        "ordered_at": moment,
        "amount": amount,
        "discount_amount": amount,
        "status": st.sampled_from(["completed", "CANCELLED", "lost", ""]),
    }
)
items = st.fixed_dictionaries(
    {
        "order_id": order,
        "line_number": st.sampled_from(["1", "2", ""]),
        "amount": amount,
        "quantity": st.sampled_from(["1", "many", ""]),
    }
)


@dataclass(frozen=True)
class Delivery:
    """Records by source; every one has a version of its own, so that no tie has to be broken."""

    records: dict[str, list[Record]]


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    sources = {"customers": customers, "orders": orders, "order_items": items}
    made = {name: draw(st.lists(rows, max_size=8)) for name, rows in sources.items()}
    noon = datetime(2025, 3, 31, 12)  # some versions lie after the day
    for rows in made.values():
        for position, row in enumerate(rows):
            row["updated_at"] = str(noon + timedelta(hours=position - 4) * 3)
    return Delivery(made)


COLUMNS = {
    "customers": ["customer_id", "signed_up_at", "city"],
    "orders": ["order_id", "customer_id", "ordered_at", "amount", "discount_amount", "status"],
    "order_items": ["order_id", "line_number", "amount", "quantity"],
}


def _write(folder: Path, delivery: Delivery, files: int = 1, shuffled: random.Random | None = None) -> None:
    for name, records in delivery.records.items():
        records = list(records)
        if shuffled:
            shuffled.shuffle(records)
        for part in range(files):
            with (folder / f"{name}_{part}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, [*COLUMNS[name], "updated_at"])
                writer.writeheader()
                writer.writerows(records[part::files])


def _rows(engine: DuckDBEngine, name: str, *, origin: bool = False) -> list[tuple[object, ...]]:
    table = engine.table(name)
    table = table if origin else table.drop("_file", "_row")
    return sorted((tuple(row.values()) for row in engine.rows(table)), key=str)


@pytest.mark.slow
@examples(2, 20)
@given(deliveries(), st.randoms(use_true_random=False))
def test_every_row_ends_in_one_place_however_the_files_are_cut(delivery, chance):
    engine = DuckDBEngine(None)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        _write(Path(one), delivery)
        accounts = clean_all(engine, Path(one), CONFIG)  # read = clean + quarantined + superseded + later
        assert {account.latest_by for account in accounts.values()} == {"updated_at where it is given, then row"}
        for name, records in delivery.records.items():
            assert accounts[name].read == len(records)
            _check_places(engine, name, records, accounts[name].clean)
        first = {name: _rows(engine, tables.clean(name), origin=True) for name in delivery.records}
        clean_all(engine, Path(one), CONFIG)
        assert {name: _rows(engine, tables.clean(name), origin=True) for name in delivery.records} == first, "the same twice"

        cut = DuckDBEngine(None)
        _write(Path(other), delivery, files=2, shuffled=chance)
        # Of the account only the sentence on ties, which no row needs here, may tell how the files are cut.
        by = "updated_at where it is given, then file, the last being {}_1.csv, then row".format
        expected = {name: replace(account, latest_by=by(name)) for name, account in accounts.items()}
        assert clean_all(cut, Path(other), CONFIG) == expected
        for name in delivery.records:
            assert _rows(cut, tables.clean(name)) == _rows(engine, tables.clean(name))
            assert _rows(cut, tables.quarantine(name)) == _rows(engine, tables.quarantine(name))
        cut.close()
    engine.close()


def _check_places(engine: DuckDBEngine, name: str, records: list[Record], clean_rows: int) -> None:
    clean = engine.rows(engine.table(tables.clean(name)))
    assert len(clean) == clean_rows
    key = SOURCES[name].natural_key
    assert max(Counter(tuple(row[part] for part in key) for row in clean).values(), default=1) == 1, "keys are unique"
    quarantined = {row["_row"]: row for row in engine.rows(engine.table(tables.quarantine(name)))}
    assert not {row["_row"] for row in clean} & set(quarantined)
    for row in clean:
        received = records[int(str(row["_row"])) - 1]
        for part in key:
            assert row[part] == received[part].strip().upper()
        if "amount" in received:
            assert row["amount"] == Decimal(received["amount"]).quantize(Decimal("0.01"), "ROUND_HALF_UP")
        if row.get("event_date") is not None:
            assert isinstance(row["event_date"], date) and row["event_date"] <= AS_OF
    for number, row in quarantined.items():
        received = records[int(str(number)) - 1]
        assert {column: row[column] or "" for column in COLUMNS[name]} == {column: received[column] for column in COLUMNS[name]}
        assert row["reasons"]
