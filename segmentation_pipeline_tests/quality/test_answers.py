"""An answer for a refused row that meets none is told, with the row it may have meant."""

from __future__ import annotations

from segmentation_pipeline.config.schema import NotAnOptOut
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.quality.answers import answers, answers_rule

REFUSED = [("raw/consents.csv", 7, "a" * 12), ("raw/consents.csv", 20, "b" * 12)]


def told(*given: tuple[str, int, str]) -> tuple[bool, str]:
    engine = DuckDBEngine(None)
    try:
        columns = {
            name: list(values) for name, values in zip(("_file", "_row", "fingerprint"), zip(*REFUSED, strict=True), strict=True)
        }
        refused = engine.memtable(columns, {"_file": "string", "_row": "int64", "fingerprint": "string"})
        engine.write(tables.quarantine("consents"), refused)
        answered = [NotAnOptOut(source="consents", file=f, row=r, fingerprint=mark, reason="a footer") for f, r, mark in given]
        found = answers(engine, answers_rule("consents"), answered)
        return found.passed, found.message
    finally:
        engine.close()


def test_an_answer_that_meets_its_row_is_fine() -> None:
    passed, _ = told(*REFUSED)
    assert passed


def test_the_nearest_refused_row_is_named() -> None:
    changed, moved = ("raw/consents.csv", 7, "c" * 12), ("raw/consents.csv", 8, "a" * 12)
    misspelled, unknown = ("raw/consent.csv", 18, "d" * 12), ("elsewhere.parquet", 1, "e" * 12)
    passed, message = told(REFUSED[0], changed, moved, misspelled, unknown)
    assert not passed
    assert f"raw/consents.csv, row 7 (that row has fingerprint {'a' * 12} now)" in message
    assert "raw/consents.csv, row 8 (that fingerprint is of raw/consents.csv, row 7)" in message
    assert f"raw/consent.csv, row 18 (the nearest refused row is raw/consents.csv, row 20, fingerprint {'b' * 12})" in message
    assert "elsewhere.parquet, row 1 (nothing of that file is refused)" in message
