"""The first records of every file of a project, as a project of their own: enough to see how it is written."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from segmentation_pipeline.config.schema import CsvOptions, SourceConfig
from segmentation_pipeline.config.schema.workbooks import WORKBOOK
from segmentation_pipeline.engine import workbooks
from segmentation_pipeline.engine.encodings import check_encoding
from segmentation_pipeline.engine.file_errors import told_by_file
from segmentation_pipeline.engine.text_files import open_text, scan
from segmentation_pipeline.ingest.files import SourceFile, file_order

RECORDS = 2_000
"""Of each file so many records, or a few lines more."""

FILES = 6
"""Of each source the first and the last files, so many in all."""


def chosen(files: Sequence[SourceFile]) -> list[SourceFile]:
    """The files that are looked at: the earliest ones and the latest."""
    ordered = sorted(files, key=lambda file: file_order(file.name))
    if len(ordered) <= FILES:
        return ordered
    return [*ordered[: FILES // 2], *ordered[-FILES // 2 :]]


def write_sample(file: SourceFile, config: SourceConfig, target: Path) -> None:
    """Write the first records of ``file``, in its own format and encoding, to ``target``, which has its ending.

    Raises ``SourceFileError`` when it cannot be read.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with told_by_file(file.path):
        if file.format == "parquet":
            _parquet(file.path, target)
        elif file.format == WORKBOOK:
            workbooks.write_sample(file.path, config.xlsx, target, RECORDS)
        elif file.format == "json":
            _json_list(file.path, target)
        else:
            _text(file.path, target, config.csv if file.format == "csv" else CsvOptions())


def _parquet(path: Path, target: Path) -> None:
    source = pq.ParquetFile(path)
    batches = source.iter_batches(batch_size=RECORDS)
    first = next(batches, None)
    pq.write_table(pa.Table.from_batches([] if first is None else [first], source.schema_arrow), target)


def _json_list(path: Path, target: Path) -> None:
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT json(json) FROM read_json_objects(?, format = 'array') LIMIT ?", [str(path), RECORDS]
        ).fetchall()
    compression = {".gz": "gzip", ".zst": "zstd"}.get(path.suffix.lower())
    with pa.output_stream(str(target), compression=compression) as sink:
        sink.write(("[" + ",\n".join(element for (element,) in found) + "]\n").encode())


def _text(path: Path, target: Path, csv: CsvOptions) -> None:
    errors = "surrogateescape" if csv.encoding == "utf-8" else "replace"
    compression = {".gz": "gzip", ".zst": "zstd"}.get(path.suffix.lower())
    # Whether bytes that are no UTF-8 are single faults or the whole file is in another encoding, only the whole file tells.
    check_encoding(path, csv, scan(path, csv))
    with open_text(path, csv.encoding, errors) as source, pa.output_stream(str(target), compression=compression) as sink:
        # Onto a stream that cannot be searched Python writes UTF-16 without the mark that says which of the two it is.
        file = io.TextIOWrapper(sink, encoding=csv.encoding.replace("utf-16", "utf-16-le"), errors=errors, newline="")
        if csv.encoding == "utf-16":
            file.write("\ufeff")
        file.writelines(line for line in _whole_records(source, csv) if not _ODD.search(line))
        file.flush()
        file.detach()


_ODD = re.compile("[\udc80-\udcff]")


def _whole_records(lines: Iterator[str], csv: CsvOptions) -> Iterator[str]:
    """So many lines, and as many more as the last value of several lines has."""
    quotes = 0
    for line in islice(lines, RECORDS + csv.skip_lines + 1):
        quotes += line.count(csv.quote)
        yield line
    for line in islice(lines, 50):
        if quotes % 2 == 0:
            return
        quotes += line.count(csv.quote)
        yield line
