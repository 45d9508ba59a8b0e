"""Tables that hold all days outlive the version of the program that began them."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.measurement.measurement import bring_up_to_date
from segmentation_pipeline.measurement.segment_kpis import SEGMENT_KPIS

CONTRACT = SEGMENT_KPIS.contract
NAMES = [column.name for column in CONTRACT.columns]
DAY = date(2026, 6, 30)


def test_rows_of_earlier_days_know_nothing_of_columns_that_came_later(any_engine: Engine) -> None:
    engine = any_engine
    engine.drop(CONTRACT.table)
    bring_up_to_date(engine, CONTRACT)
    assert not engine.has(CONTRACT.table), "the first day makes it"
    schema = {"as_of": "date", "segmentation": "string", "segment": "string", "customers": "int64"}
    engine.write(CONTRACT.table, engine.memtable(dict(zip(schema, ([DAY], ["tier"], ["gold"], [3]), strict=True)), schema))
    bring_up_to_date(engine, CONTRACT)
    assert engine.table(CONTRACT.table).columns == tuple(NAMES)
    [row] = engine.rows(engine.table(CONTRACT.table))
    assert {name: value for name, value in row.items() if value is not None} == {
        "as_of": DAY,
        "segmentation": "tier",
        "segment": "gold",
        "customers": 3,
    }
