"""One small dirty shop, generated once: the tests read its files and its truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline.demo.generate import GenerationReport, generate
from segmentation_pipeline.demo.layout import LAYOUTS

CUSTOMERS = 1500


@dataclass(frozen=True)
class Shop:
    """The files of one generation, readable with SQL: every column as text, malformed lines left out."""

    report: GenerationReport
    con: duckdb.DuckDBPyConnection

    def read(self, pattern: str) -> str:
        """A FROM item over the delivered CSV files that match ``pattern``."""
        return f"read_csv('{self.report.folder}/{pattern}', all_varchar = true, header = true, ignore_errors = true)"

    def truth(self, name: str) -> str:
        return f"'{self.report.truth}/{name}.parquet'"

    def one(self, query: str) -> tuple:
        return self.con.execute(query).fetchall()[0]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    report = generate(CUSTOMERS, 7, tmp_path_factory.mktemp("shop") / "raw", sources=tuple(LAYOUTS))
    with duckdb.connect() as con:
        yield Shop(report, con)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` by its relative name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
