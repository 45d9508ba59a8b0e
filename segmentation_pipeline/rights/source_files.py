"""Files sources are read from, without the records of erased people: landed copies always, the user's own when asked to."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb_erase import patterns_of
from segmentation_pipeline.engine.text_files import rewrite_without
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.ingest.erased_rows import ErasedRows, Reading
from segmentation_pipeline.ingest.files import SourceFile
from segmentation_pipeline.ingest.load import received
from segmentation_pipeline.ingest.redaction import BLOT, free_text, mentions
from segmentation_pipeline.privacy.tombstones import Tombstones
from segmentation_pipeline.rights.changed_file import FileChange, replacing, sha256


class NotRewritten(UserError):
    """A file could not be rewritten so that it reads the same but for the erased; it is as it was."""


def erased_records(
    engine: Engine, reading: Reading, file: SourceFile, stones: Tombstones
) -> tuple[int, set[int], set[int], list[str]]:
    """How many records a file has, the numbers of those of erased people, of those that mention one, and how it is spelled."""
    with ExitStack() as held:
        records, malformed = received(engine, reading.name, reading.config, file, native=file.format == "parquet")
        records = held.enter_context(engine.staged(records))
        malformed = held.enter_context(engine.staged(malformed))
        erased = ErasedRows(engine, reading, stones)
        out, _ = erased.of(records, held)
        lines = erased.lines(malformed, held)
        gone = {int(str(row["_row"])) for rows in (out, lines) for row in engine.rows(rows.select("_row"))}
        kept, columns = records.anti_join(out, ["_file", "_row"]), free_text(reading.name)
        words = mentions(engine, kept, columns, stones)
        mentioning: set[int] = set()
        for word in words:
            for column in columns:
                rows = kept.filter(kept[column].cast("string").contains(word)).select("_row")
                mentioning |= {int(str(row["_row"])) for row in engine.rows(rows)}
        return engine.count(records) + engine.count(malformed), gone, mentioning, words


def rewrite_source_file(engine: Engine, reading: Reading, file: SourceFile, stones: Tombstones) -> FileChange | None:
    """Take the records of erased people out of a file and blot out mentions; None when it has neither.

    The new file is read before it takes the old one's place.  Raises ``NotRewritten`` when it does not hold exactly the
    records that were to stay.
    """
    total, gone, mentioning, words = erased_records(engine, reading, file, stones)
    if not gone and not mentioning:
        return None
    before = sha256(file.path)
    patterns = [re.compile(pattern.replace(r"\p{L}\p{N}", r"\w")) for pattern in patterns_of(words)]

    def blotted(record: str) -> str:
        for pattern in patterns:
            record = pattern.sub(lambda found: f"{found[1]}{BLOT}{found[3]}", record)
        return record

    with replacing(file.path) as draft:
        # Endings tell formats and compressions, so the draft has those of the file.
        shaped = draft.with_name(f".erased.{file.path.name}")
        try:
            if file.format == "parquet":
                _rewrite_parquet(file.path, shaped, gone, mentioning, blotted)
            else:
                csv = reading.config.csv if file.format == "csv" else None
                rewrite_without(file.path, shaped, csv, gone, dict.fromkeys(mentioning, blotted))
            again = SourceFile(shaped, file.name, file.format)
            left, still, mentions_left, _ = erased_records(engine, reading, again, stones)
            if left != total - len(gone) or still or mentions_left:
                raise NotRewritten(
                    f"{file.name}: cannot be rewritten without the erased person's {len(gone)} records and leave all others as "
                    f"they are. It was not changed. Remove the records at the origin."
                )
            shaped.replace(draft)
        finally:
            shaped.unlink(missing_ok=True)
    return FileChange(total, total - len(gone), before, sha256(file.path), len(mentioning))


def _rewrite_parquet(path: Path, target: Path, gone: set[int], mentioning: set[int], blotted: Callable[[str], str]) -> None:
    """Batch by batch; records are numbered from 1."""
    source = pq.ParquetFile(path)
    with pq.ParquetWriter(target, source.schema_arrow) as writer:
        number = 1
        for batch in source.iter_batches():
            numbers = range(number, number + batch.num_rows)
            number += batch.num_rows
            if mentioning.intersection(numbers):
                rows = batch.to_pylist()
                for place, row in zip(numbers, rows, strict=True):
                    if place in mentioning:
                        rows[place - numbers.start] = {k: blotted(v) if isinstance(v, str) else v for k, v in row.items()}
                batch = pa.RecordBatch.from_pylist(rows, schema=batch.schema)
            writer.write_batch(batch.filter(pa.array([place not in gone for place in numbers], pa.bool_())))
