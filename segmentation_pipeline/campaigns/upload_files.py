"""Rows as the files a platform takes: in its format, none larger than it allows, readable by their owner only.

Where a file ends depends on its rows alone, never on how the engine hands them out.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv

from segmentation_pipeline.campaigns.csv_file import CsvFile
from segmentation_pipeline.config.schema import AudienceProfile
from segmentation_pipeline.ingest.files import fingerprint

SUFFIX = {"csv": "csv", "json_lines": "jsonl", "parquet": "parquet"}
_MARK = "\ufeff"


def file_name(stem: str, number: int, file_format: str) -> str:
    """``klaviyo.csv``, then ``klaviyo.2.csv``: the second file of a list that one cannot hold."""
    return f"{stem}.{SUFFIX[file_format]}" if number == 1 else f"{stem}.{number}.{SUFFIX[file_format]}"


def write_upload(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, folder: Path, stem: str, profile: AudienceProfile, separator: str
) -> dict[str, CsvFile]:
    """Write ``batches`` below ``folder`` as files named after ``stem``; what was written, by name, at least one file.

    ``schema`` are the columns, all texts but a Parquet file's; of JSON lines the one column is the whole line.
    """
    match profile.format:
        case "parquet":
            return _parquet(batches, schema, folder, stem, profile)
        case "json_lines":
            chunks = (_lines(batch.column(0)) for batch in batches)
            return _split(chunks, b"", folder, stem, profile)
        case "csv":
            mark = _MARK if profile.byte_order_mark else ""
            header = mark + separator.join(_quoted(name, separator) for name in schema.names) + "\n"
            return _split((_csv(batch, separator) for batch in batches), header.encode(), folder, stem, profile)


def _split(chunks: Iterator[bytes], header: bytes, folder: Path, stem: str, profile: AudienceProfile) -> dict[str, CsvFile]:
    """Whole lines into files of at most the profile's rows and bytes, each with the ``header``; one chunk in memory."""
    parts = _Parts(folder, stem, profile, header)
    try:
        for chunk in chunks:
            start = 0
            while start < len(chunk):
                end = parts.room(chunk, start)
                if end == start:
                    parts.next()
                    continue
                parts.add(chunk[start:end])
                start = end
        return parts.done()
    finally:
        parts.close()


class _Parts:
    """The files of one list, the last of them open."""

    def __init__(self, folder: Path, stem: str, profile: AudienceProfile, header: bytes) -> None:
        self._folder, self._stem, self._format, self._header = folder, stem, profile.format, header
        self._most_rows, self._most_bytes = profile.limits.rows, profile.limits.bytes
        self._rows: list[int] = []
        self._open()

    def _open(self) -> None:
        path = self._folder / file_name(self._stem, len(self._rows) + 1, self._format)
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._file.write(self._header)
        self._size = len(self._header)
        self._rows.append(0)

    def room(self, chunk: bytes, start: int) -> int:
        """Up to where the lines of ``chunk`` from ``start`` fit in the open file; a first line always does."""
        end = len(chunk)
        if self._most_bytes is not None and self._size + end - start > self._most_bytes:
            end = chunk.rfind(b"\n", start, start + max(self._most_bytes - self._size, 0)) + 1
            if end <= start:
                end = chunk.index(b"\n", start) + 1 if self._rows[-1] == 0 else start
        if self._most_rows is not None and chunk.count(b"\n", start, end) > (left := self._most_rows - self._rows[-1]):
            end = start
            for _ in range(left):
                end = chunk.index(b"\n", end) + 1
        return end

    def add(self, lines: bytes) -> None:
        self._file.write(lines)
        self._size += len(lines)
        self._rows[-1] += lines.count(b"\n")

    def next(self) -> None:
        self.close()
        self._open()

    def close(self) -> None:
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def done(self) -> dict[str, CsvFile]:
        self.close()
        names = [file_name(self._stem, number, self._format) for number in range(1, len(self._rows) + 1)]
        return {name: CsvFile(rows, fingerprint(self._folder / name)) for name, rows in zip(names, self._rows, strict=True)}


def _parquet(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, folder: Path, stem: str, profile: AudienceProfile
) -> dict[str, CsvFile]:
    import pyarrow.parquet as pq

    name, rows = file_name(stem, 1, profile.format), 0
    path = folder / name
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with pq.ParquetWriter(file, schema) as writer:
            for batch in batches:
                writer.write_batch(batch.cast(schema))
                rows += batch.num_rows
        file.flush()
        os.fsync(file.fileno())
    return {name: CsvFile(rows, fingerprint(path))}


def _lines(texts: pa.Array) -> bytes:
    return b"".join(text.encode() + b"\n" for text in texts.to_pylist())


def _csv(batch: pa.RecordBatch, separator: str) -> bytes:
    texts = pa.schema([(name, pa.string()) for name in batch.schema.names])
    options = arrow_csv.WriteOptions(include_header=False, delimiter=separator)
    sink = io.BytesIO()
    with arrow_csv.CSVWriter(sink, texts, write_options=options) as writer:
        writer.write_batch(batch.cast(texts))
    return sink.getvalue()


def _quoted(name: str, separator: str) -> str:
    plain = separator not in name and '"' not in name
    return name if plain else '"' + name.replace('"', '""') + '"'
