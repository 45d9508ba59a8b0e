"""Cells that repeat those above them are filled, within one key and one file, in the order of the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.config.schema import FillDown
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.derived import filled_down
from segmentation_pipeline_tests.clean.project import clean, clean_all, config, reasons, write
from segmentation_pipeline_tests.engine.conftest import _spark
from segmentation_pipeline_tests.examples import examples

Line = tuple[str | None, str | None, str | None]

_cells = st.sampled_from([None, "", " ", "\u200b", "a", "b", " a "])
_keys = st.sampled_from([None, "", " ", "1", " 1", "1.0", "2", "3"])
FILL = FillDown(columns=("status", "email"), within="name")


def filled(engine: Engine, lines: Sequence[Line]) -> list[tuple[object, object]]:
    columns = dict(zip(("name", "status", "email"), map(list, zip(*lines, strict=True)), strict=True))
    table = engine.memtable(
        {**columns, "_row": [7 * place for place in range(1, len(lines) + 1)]},
        {"name": "string", "status": "string", "email": "string", "_row": "int64"},
    )
    found = filled_down(table, FILL)
    assert found.columns == table.columns
    return [(row["status"], row["email"]) for row in engine.rows(found.order_by("_row"))]


def told(lines: Sequence[Line]) -> list[tuple[object, object]]:
    """The same by walking down the lines."""
    above: dict[str, dict[int, str]] = {}
    made = []
    for name, *cells in lines:
        key = (name or "").strip().removesuffix(".0")
        last = above.setdefault(key, {}) if key else {}
        for place, cell in enumerate(cells):
            if cell is not None and cell.strip(" \u200b"):
                last[place] = cell
        made.append((last.get(0), last.get(1)))
    return made


@pytest.fixture(scope="module")
def duckdb() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


@pytest.mark.slow
@examples(50, 500)
@given(st.lists(st.tuples(_keys, _cells, _cells), min_size=1, max_size=12))
def test_as_somebody_would_who_walks_down_the_lines(duckdb: DuckDBEngine, lines: list[Line]) -> None:
    assert filled(duckdb, lines) == told(lines)


def test_nothing_is_filled_from_another_file(duckdb: DuckDBEngine, tmp_path: Path) -> None:
    """An order that is cut in two by the end of a file is not known in the second one, however the files are read."""
    header = "nr,who,day,sum,state"
    write(tmp_path, "orders_1", header, "o1,ann,2025-03-01,5.00,paid", "o2,bob,2025-03-01,7.00,void")
    write(tmp_path, "orders_2", header, "o2,,2025-03-01,2.00,", "o3,cat,2025-03-01,3.00,", "o3,,2025-03-01,1.00,")
    columns = {"order_id": "nr", "line_number": {"from_row": True}, "customer_id": "who", "ordered_at": "day", "amount": "sum"}
    fill = {"columns": ["who", "state"], "within": "nr"}
    lines = {"files": "orders_*.csv", "columns": columns, "fill_down": fill, "skip_when": {"void": "state = 'void'"}}
    accounts = clean_all(duckdb, tmp_path, config({"orders": {"derive_from": "order_items"}, "order_items": lines}))
    assert accounts["order_items"].skipped_by_name == {"void": 1}, "the line in the second file is void by none of its own values"
    assert clean(duckdb, "order_id", "customer_id", source="order_items") == [
        ("o1", "ann"),
        ("o2", None),
        ("o3", "cat"),
        ("o3", "cat"),
    ]
    assert reasons(duckdb) == {1: "missing:customer_id"}, "what is cut off is refused, not guessed"


@pytest.mark.wide
def test_the_same_on_spark(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    cells = [None, "", "a", "b"]
    names = [None, "1", "2", " 1 "]
    lines = [(names[n % 4], cells[n * n % 4], cells[(n // 3) % 4]) for n in range(60)]
    engine = _spark(request, tmp_path)
    assert filled(engine, lines) == told(lines)
    engine.close()
