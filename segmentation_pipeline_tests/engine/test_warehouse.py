"""Whoever reads the working file is waited for and named; nobody's reading ends a night."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.engine.lock import WriterBusy
from segmentation_pipeline.engine.warehouse import open_warehouse
from segmentation_pipeline.engine.warehouse_format import UnreadableWarehouse, stored_format
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.settings import Settings

READER = """
import duckdb, sys
with duckdb.connect(sys.argv[1], read_only=True):
    print("reading", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    warehouse = Settings(tmp_path).warehouse
    warehouse.parent.mkdir()
    duckdb.connect(str(warehouse)).close()
    process = subprocess.Popen(
        [sys.executable, "-c", READER, str(warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "reading\n"
    yield process
    process.kill()
    process.communicate()


def test_a_reader_is_named_and_waited_for(tmp_path: Path, reader: subprocess.Popen[str]) -> None:
    told: list[str] = []

    def let_go(line: str) -> None:
        told.append(line)
        assert reader.stdin is not None
        reader.stdin.write("\n")
        reader.stdin.flush()

    open_warehouse(Settings(tmp_path), EngineConfig(), 20, let_go).close()
    [line] = told
    assert f"(process {reader.pid}" in line and "python" in line and "waiting up to 20 s" in line


def test_a_file_that_is_open_elsewhere_is_not_called_damaged(tmp_path: Path) -> None:
    warehouse = Settings(tmp_path).warehouse
    warehouse.parent.mkdir()
    writer = subprocess.Popen(
        [sys.executable, "-c", READER.replace("read_only=True", "read_only=False"), str(warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert writer.stdout is not None and writer.stdout.readline() == "reading\n"
        with pytest.raises(UserError, match="cannot be looked into now") as told:
            stored_format(warehouse)
        assert "move" not in str(told.value)
    finally:
        writer.kill()
        writer.communicate()


def test_a_reader_that_stays_ends_the_wait_in_words(tmp_path: Path, reader: subprocess.Popen[str]) -> None:
    told: list[str] = []
    with pytest.raises(
        WriterBusy, match=rf"process {reader.pid}.*still has .*warehouse\.duckdb open after 1 s.*segmentation\.duckdb"
    ):
        open_warehouse(Settings(tmp_path), EngineConfig(), 1, told.append)
    assert len(told) == 1


def test_a_file_that_is_no_database_is_no_reader(tmp_path: Path) -> None:
    warehouse = Settings(tmp_path).warehouse
    warehouse.parent.mkdir()
    warehouse.write_bytes(b"no database" * 1000)
    with pytest.raises(UnreadableWarehouse, match="restore a backup"):
        open_warehouse(Settings(tmp_path), EngineConfig(), 20, pytest.fail)
