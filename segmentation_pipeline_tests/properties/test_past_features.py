"""Features of an earlier day, as models learn from them, are those a run of that day had made of the same files."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import pytest

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.past import features_as_of
from segmentation_pipeline_tests.properties.shop_histories import Shop, write_files
from segmentation_pipeline_tests.properties.test_incremental import COMPANY, MERGES, MIDDLE, SHOPPING, _config, _run

pytestmark = pytest.mark.slow

LATER = MIDDLE + timedelta(days=35)
WITHOUT = {
    "shopping": (*COMPANY, *MERGES),
    "company": tuple(name for name in SHOPPING if name not in ("order_items", "products")),
}
"""Who is who, and who is left out, is as it is known now, so nobody is merged, restricted or too young here."""


def config_of(of: str, *without: str) -> Config:
    """What lies in the future is no mistake: otherwise it would be told from the day, and blanked on one and not on another."""
    made = _config(*WITHOUT[of], *without)
    quality = made.pipeline.quality.model_copy(update={"max_future_days": 3_000})
    anybody = made.privacy.model_copy(update={"minimum_age": None, "unknown_birth_date": None})
    return made.model_copy(update={"pipeline": made.pipeline.model_copy(update={"quality": quality}), "privacy": anybody})


Rows = dict[str, dict[str, object]]


def rows_of(engine: DuckDBEngine, table: str) -> Rows:
    return {str(row.pop("customer_id")): row for row in engine.rows(engine.table(table))}


@pytest.mark.parametrize("of", [pytest.param("shopping"), pytest.param("company", marks=pytest.mark.long)])
def test_they_are_those_of_a_run_of_the_day(tmp_path: Path, of: str) -> None:
    config = config_of(of)
    read = [name for name in SOURCES if name in config.sources]
    shops = [Shop(number, of, (MIDDLE, LATER)) for number in range(60)]
    for shop in shops:
        shop.open(read)
    write_files(tmp_path, shops, read, set())
    engine = DuckDBEngine(None)
    _run(engine, tmp_path, config, MIDDLE, None)
    expected = rows_of(engine, tables.CUSTOMER_FEATURES)
    _run(engine, tmp_path, config, LATER, None)
    everybody = engine.table(tables.CUSTOMER_FEATURES).select("customer_id")
    now = rows_of(engine, tables.CUSTOMER_FEATURES)
    with ExitStack() as held:
        found = {str(row.pop("customer_id")): row for row in engine.rows(features_as_of(engine, config, MIDDLE, everybody, held))}
    engine.close()
    assert differing(found, now), "something happened in between"
    assert differing(found, expected) == {}


def differing(found: Rows, expected: Rows) -> dict[str, dict[str, object]]:
    """By customer the columns that differ, or that there is no row."""
    told = {}
    for name in found.keys() | expected.keys():
        one, other = found.get(name), expected.get(name)
        if one is None or other is None:
            told[name] = {"known": (one is not None, other is not None)}
        elif differ := {column: (one[column], other[column]) for column in one if one[column] != other[column]}:
            told[name] = differ
    return told


def test_some_columns_alone_are_the_same(tmp_path: Path) -> None:
    config, day = config_of("shopping"), date(2025, 2, 20)
    read = [name for name in SOURCES if name in config.sources]
    shops = [Shop(number, "some", (MIDDLE, LATER)) for number in range(30)]
    for shop in shops:
        shop.open(read)
    write_files(tmp_path, shops, read, set())
    engine = DuckDBEngine(None)
    _run(engine, tmp_path, config, MIDDLE, None)
    everybody = engine.table(tables.CUSTOMER_FEATURES).select("customer_id")
    names = ("spring_order_days", "category_share_hats", "recency_days")
    with ExitStack() as held:
        whole = engine.rows(
            features_as_of(engine, config, day, everybody, held).select("customer_id", *names).order_by("customer_id")
        )
        some = features_as_of(engine, config, day, everybody, held, names)
        assert set(some.columns) == {"customer_id", *names}
        assert engine.rows(some.select("customer_id", *names).order_by("customer_id")) == whole
    engine.close()
