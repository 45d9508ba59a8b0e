"""Who was erased is known again by keyed hashes alone, and never without the key they were made with."""

from __future__ import annotations

import hashlib
import hmac
import stat
from datetime import datetime
from pathlib import Path

import ibis
import pytest

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.keyed_hash import hmac_sha256
from segmentation_pipeline.privacy.erasures import check_erasures, done_erasures, note_erasures
from segmentation_pipeline.privacy.tombstones import (
    Kind,
    TombstoneError,
    Tombstones,
    add_tombstone,
    mark,
    read_tombstones,
    tombstone_key,
)

AT = datetime(2026, 6, 1, 12)


def erase(folder: Path, *keys: str) -> None:
    key = tombstone_key(folder)
    add_tombstone(folder, key, AT, {Kind.CUSTOMER: [mark(key, Kind.CUSTOMER, one) for one in keys]})


def test_the_engine_computes_the_hmac_of_the_standard() -> None:
    engine = DuckDBEngine(None)
    texts = ["", "c001", "é@münchen.test", "x" * 500]
    table = engine.memtable({"text": [*texts, None]}, {"text": "string"})
    key = b"k" * 32
    found = {row["text"]: row["hash"] for row in engine.rows(table.mutate(hash=hmac_sha256(table.text, key)))}
    engine.close()
    assert found == {text: hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for text in texts} | {None: None}


def test_tombstones_hold_nothing_readable_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert read_tombstones(folder) is None
    erase(folder, "canary-17")
    erase(folder, "canary-18")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "canary" not in path.read_text()
    stones = read_tombstones(folder)
    assert stones is not None
    assert len(stones.erasures) == 2
    assert "key" not in repr(stones)
    assert set(stones.known(Kind.CUSTOMER)) == {stones.mark(Kind.CUSTOMER, key) for key in ("canary-17", "canary-18")}
    assert stones.mark(Kind.CUSTOMER, "canary-17") != stones.mark(Kind.EMAIL, "canary-17")
    engine = DuckDBEngine(None)
    table = ibis.memtable({"key": ["canary-17"]})
    [row] = engine.rows(table.select(mark=stones.marked(Kind.CUSTOMER, table["key"])))
    engine.close()
    assert row["mark"] in stones.known(Kind.CUSTOMER)


def test_without_the_key_or_with_another_nothing_is_read(tmp_path: Path) -> None:
    erase(tmp_path, "c1")
    key = tmp_path / "tombstone.key"
    right = key.read_text()
    key.unlink()
    with pytest.raises(TombstoneError, match=r"is missing: without it they would come back\. Restore the file from a backup"):
        read_tombstones(tmp_path)
    key.write_text("00" * 32)
    with pytest.raises(TombstoneError, match="line 1: made with another key"):
        read_tombstones(tmp_path)
    key.write_text("nonsense")
    with pytest.raises(TombstoneError, match="not a key"):
        read_tombstones(tmp_path)
    key.write_text(right)
    with (tmp_path / "tombstones.jsonl").open("a") as file:
        file.write('{"erasure": "0000')
    with pytest.raises(TombstoneError, match="line 2: not a tombstone, the file is damaged"):
        read_tombstones(tmp_path)


def test_a_warehouse_and_tombstones_that_do_not_belong_together_stop(tmp_path: Path) -> None:
    erase(tmp_path, "c1")
    stones = read_tombstones(tmp_path)
    assert stones is not None
    engine = DuckDBEngine(None)
    check_erasures(engine, stones, tmp_path)
    assert done_erasures(engine) == {stones.erasures[0].erasure}, "a new warehouse reads screened files only"
    engine.write(tables.FILES, engine.memtable({"source": []}, {"source": "string"}))
    check_erasures(engine, stones, tmp_path)
    with pytest.raises(TombstoneError, match=r"1 erasures of this warehouse are not in .*Restore the folder"):
        check_erasures(engine, None, tmp_path)
    erase(tmp_path, "c2")
    stones = read_tombstones(tmp_path)
    assert stones is not None
    with pytest.raises(TombstoneError, match="Run 'segmentation forget --resume'"):
        check_erasures(engine, stones, tmp_path)
    note_erasures(engine, [stones.erasures[1].erasure])
    check_erasures(engine, stones, tmp_path)
    engine.close()


def test_of_two_erasures_of_one_person_the_later_counts() -> None:
    from segmentation_pipeline.privacy.tombstones import Tombstone

    later = datetime(2026, 7, 1)
    stones = Tombstones(b"k" * 32, (Tombstone("1", AT, {"customer": ["m"]}), Tombstone("2", later, {"customer": ["m"]})))
    assert stones.known(Kind.CUSTOMER) == {"m": later}
    assert stones.only(["1"]).known(Kind.CUSTOMER) == {"m": AT}
