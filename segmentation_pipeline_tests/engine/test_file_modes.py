"""What a run keeps is its owner's, what it publishes is everybody's, and nothing personal is left of a killed run."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.file_modes import private_files, tidy
from segmentation_pipeline.settings import Settings


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_warehouse_and_its_folders_are_the_owners_and_the_publication_is_everybodys(tmp_path: Path) -> None:
    settings, before = Settings(tmp_path), os.umask(0o022)
    try:
        settings.data.mkdir()
        with private_files():
            engine = DuckDBEngine(settings.warehouse, temp=settings.temp)
            engine.write("a.b", engine.memtable({"x": [1]}, {"x": "int64"}))
            log = settings.warehouse.with_name(settings.warehouse.name + ".wal")
            assert mode(log) == 0o600
            engine.publish(settings.published, {"b": engine.table("a.b")}, {})
            engine.close()
        assert (mode(settings.warehouse), mode(settings.temp)) == (0o600, 0o700)
        assert (mode(settings.published), mode(settings.published.parent)) == (0o644, 0o755)
        (tmp_path / "after").touch()
        assert mode(tmp_path / "after") == 0o644, "what is made outside the block is as the user wants it"
    finally:
        os.umask(before)


def test_what_a_killed_run_left_goes_and_what_an_older_program_left_open_is_closed(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    for folder in (settings.temp / "checked-1", settings.reading, settings.landing / "customers"):
        folder.mkdir(parents=True)
    for file in (
        settings.temp / "duckdb_temp_storage-0.tmp",
        settings.temp / "checked-1" / "rewritten.csv",
        settings.reading / "duckdb_temp_storage-1.tmp",
        settings.landing / "customers" / ".part-1.parquet.part",
        settings.landing / "customers" / "part-0.parquet",
        settings.warehouse,
    ):
        file.touch(mode=0o644)
    tidy(settings)
    left = {str(path.relative_to(settings.data)) for path in settings.data.rglob("*") if path.is_file()}
    assert left == {"tmp/reading/duckdb_temp_storage-1.tmp", "landing/customers/part-0.parquet", "warehouse.duckdb"}
    assert (mode(settings.warehouse), mode(settings.temp), mode(settings.landing)) == (0o600, 0o700, 0o700)
    tidy(Settings(tmp_path / "new"))
