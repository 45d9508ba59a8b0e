"""Which columns the files of a source have, before anything of them is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from segmentation_pipeline.config.schema import Config, CsvOptions, SourceConfig
from segmentation_pipeline.config.schema.workbooks import UNSAID, WORKBOOK, SheetReading, XlsxOptions
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.file_errors import told_by_file
from segmentation_pipeline.ingest.files import SourceFile, source_files


def columns_of_files(root: Path, config: Config) -> dict[str, tuple[str, ...]]:
    """The columns in the files of each source without a mapping, by source.

    Left out are sources whose files are not there yet or cannot be read: the run says what is wrong with them.
    """
    found = {}
    for name, source in config.sources.items():
        if not source.columns and not source.derive_from:
            try:
                found[name] = columns_there(name, source.csv, source_files(root, name, source), source.xlsx)
            except SourceFileError:
                continue
    return {name: columns for name, columns in found.items() if columns}


def absent_columns(name: str, source: SourceConfig, files: Sequence[SourceFile]) -> list[str]:
    """Optional contract columns that a source without a mapping does not have in any file."""
    if source.columns:
        return []
    there = columns_there(name, source.csv, files, source.xlsx)
    return [column.name for column in SOURCES[name].columns if column.name not in there]


def columns_there(name: str, csv: CsvOptions, files: Sequence[SourceFile], xlsx: XlsxOptions = UNSAID) -> tuple[str, ...]:
    """The columns of all ``files`` together; no further file is opened once every column of the contract is there."""
    there: dict[str, None] = {}
    for columns in headers(files, csv, xlsx):
        there |= dict.fromkeys(columns)
        if there.keys() >= set(SOURCES[name].names):
            break
    return tuple(there)


def headers(files: Sequence[SourceFile], csv: CsvOptions, xlsx: XlsxOptions = UNSAID) -> Iterator[list[str]]:
    """As the engine tells them, without opening one where that can be: it takes as long as all the rest of a check."""
    for file in files:
        with told_by_file(file.path):
            if file.format == "csv":
                from segmentation_pipeline.engine.text_files import csv_header

                yield csv_header(file.path, csv)
            elif file.format == "parquet":
                from pyarrow.parquet import read_schema

                yield list(read_schema(file.path).names)
            elif file.format == WORKBOOK:
                from segmentation_pipeline.engine.workbooks import workbook_columns

                yield workbook_columns(file.path, SheetReading(xlsx))
    if others := [file for file in files if file.format not in ("csv", "parquet", WORKBOOK)]:
        from segmentation_pipeline.engine.duckdb import DuckDBEngine

        engine = DuckDBEngine(None)
        try:
            for file in others:
                yield engine.file_columns(file.path, file.format, csv)
        finally:
            engine.close()
