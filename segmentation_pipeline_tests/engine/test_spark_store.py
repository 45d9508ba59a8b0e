"""The warehouse of Parquet parts: what a process that died leaves behind, and what is not read to replace a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from segmentation_pipeline.engine.spark_store import MANIFEST, Part, Store, StoredTable


def part(store: Store, *rows: tuple[date, str]) -> Part:
    folder = store.new_folder("a.t")
    table = pa.table({"day": [row[0] for row in rows], "name": [row[1] for row in rows]})
    with store.writer(folder, table.schema) as writer:
        writer.write_table(table)
    return store.part(folder)


DAY, NEXT = date(2025, 3, 1), date(2025, 3, 2)
COLUMNS = {"day": "date", "name": "string"}


def keep(store: Store, *parts: Part) -> None:
    with store.transaction():
        store.tables["a.t"] = StoredTable(COLUMNS, parts)


def test_a_part_knows_in_which_columns_its_rows_agree(tmp_path: Path) -> None:
    found = part(Store(str(tmp_path)), (DAY, "x"), (DAY, "y"))
    assert (found.rows, found.constants) == (2, {"day": "2025-03-01"})
    assert found.told({"day": DAY}) is True and found.told({"day": NEXT, "name": "x"}) is False
    assert found.told({"day": DAY, "name": "x"}) is None


def test_tables_are_there_for_the_next_process(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    keep(store, part(store, (DAY, "x")))
    assert Store(str(tmp_path)).tables == store.tables


def test_what_no_manifest_names_is_swept_away_by_the_next_process(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    keep(store, part(store, (DAY, "x")))
    part(store, (DAY, "written by a process that died before its manifest"))
    again = Store(str(tmp_path))
    assert [folder.name for folder in (tmp_path / "a.t").iterdir()] == ["00000001"]
    assert again.tables["a.t"].rows == 1


def test_files_of_somebody_else_in_the_folder_stay(tmp_path: Path) -> None:
    theirs = [tmp_path / "photos" / "00000001" / "a.jpg", tmp_path / "photos" / "summer" / "b.jpg"]
    for file in theirs:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    store = Store(str(tmp_path))  # no manifest yet: whose folder is it?
    assert all(file.exists() for file in theirs)
    keep(store, part(store, (DAY, "x")))
    Store(str(tmp_path))
    assert theirs[1].exists()


def test_a_transaction_that_fails_leaves_manifest_and_tables(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    keep(store, part(store, (DAY, "x")))
    before, written = dict(store.tables), (tmp_path / MANIFEST).read_bytes()
    with pytest.raises(LookupError), store.transaction():
        keep(store, part(store, (NEXT, "y")))
        raise LookupError
    assert store.tables == before and (tmp_path / MANIFEST).read_bytes() == written


def test_replaced_parts_are_removed_once_the_new_manifest_stands(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    old = part(store, (DAY, "x"))
    keep(store, old)
    keep(store, part(store, (DAY, "y")))
    assert not (tmp_path / old.folder).exists()
