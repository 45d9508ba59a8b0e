"""A warehouse of another release says what to do; it is never half read."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.warehouse import open_warehouse
from segmentation_pipeline.engine.warehouse_format import FORMAT, UnreadableWarehouse, stored_format
from segmentation_pipeline.settings import Settings


def opened(settings: Settings) -> None:
    open_warehouse(settings, EngineConfig(), 0, pytest.fail).close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = Settings(tmp_path)
    opened(found)
    return found


def marked(settings: Settings, form: int, version: str) -> None:
    engine = open_warehouse(settings, EngineConfig(), 0, pytest.fail)
    mark: dict[str, list[object]] = {"format": [form], "version": [version]}
    engine.write(tables.WAREHOUSE_FORMAT, engine.memtable(mark, {"format": "int64", "version": "string"}))
    engine.close()


def test_a_warehouse_without_a_mark_is_marked_and_goes_on(settings: Settings) -> None:
    assert stored_format(settings.warehouse) == (FORMAT, "0.1.0")
    engine = open_warehouse(settings, EngineConfig(), 0, pytest.fail)
    engine.drop(tables.WAREHOUSE_FORMAT)
    engine.close()
    assert stored_format(settings.warehouse) is None
    opened(settings)
    assert stored_format(settings.warehouse) == (FORMAT, "0.1.0")


def test_one_of_an_earlier_form_names_its_release_and_how_to_begin_anew(settings: Settings) -> None:
    marked(settings, 0, "0.0.7")
    before = settings.warehouse.read_bytes()
    with pytest.raises(UnreadableWarehouse, match=r"Go on with segmentation-pipeline 0\.0\.7.*move .* to a safe place"):
        opened(settings)
    with pytest.raises(UnreadableWarehouse, match="earlier form"):
        stored_format(settings.warehouse)
    assert settings.warehouse.read_bytes() == before


def test_one_of_a_later_form_names_the_release_to_install(settings: Settings) -> None:
    marked(settings, FORMAT + 1, "3.2.1")
    with pytest.raises(UnreadableWarehouse, match=r"Install segmentation-pipeline 3\.2\.1 or later, or restore a backup"):
        opened(settings)


@pytest.mark.parametrize("damage", ["version", "nothing"])
def test_a_file_duckdb_cannot_read_is_told_with_the_cure(settings: Settings, damage: str) -> None:
    content = bytearray(settings.warehouse.read_bytes())
    content[8:20] = b"none of ours" if damage == "nothing" else content[8:12] + (9_999).to_bytes(8, "little")
    settings.warehouse.write_bytes(content)
    with pytest.raises(UnreadableWarehouse, match="restore a backup"):
        opened(settings)
    with pytest.raises(UnreadableWarehouse, match="restore a backup"):
        stored_format(settings.warehouse)
