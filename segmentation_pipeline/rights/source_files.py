"""Files sources are read from, without the records of erased people: landed copies always, the user's own when asked to."""

from __future__ import annotations

import csv as csv_module
import io
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from segmentation_pipeline.config.schema import CsvOptions
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.text_files import csv_header, rewrite_without
from segmentation_pipeline.engine.word_patterns import compiled_patterns, patterns_of, without_words
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.ingest.erased_rows import ErasedRows, Reading
from segmentation_pipeline.ingest.files import SourceFile
from segmentation_pipeline.ingest.load import file_columns_of, received
from segmentation_pipeline.ingest.redaction import BLOT, free_text, mentions
from segmentation_pipeline.privacy.tombstones import Tombstones
from segmentation_pipeline.rights.changed_file import FileChange, replacing, sha256

Blotted = Callable[[Mapping[str, object]], dict[str, object]]


class NotRewritten(UserError):
    """A file could not be rewritten so that it reads the same but for the erased; it is as it was."""


@dataclass(frozen=True)
class Records:
    """What a file holds: how many records and damaged ones, the numbers of those of erased people, of those that mention one,
    and how it is spelled there."""

    records: int
    malformed: int
    gone: frozenset[int]
    gone_malformed: frozenset[int]
    mentioning: frozenset[int]
    words: Sequence[str] = field(repr=False)


def erased_records(engine: Engine, reading: Reading, file: SourceFile, stones: Tombstones) -> Records:
    """What of a file is to go."""
    with ExitStack() as held:
        records, malformed = received(engine, reading.name, reading.config, file, native=file.format == "parquet")
        records = held.enter_context(engine.staged(records))
        malformed = held.enter_context(engine.staged(malformed))
        erased = ErasedRows(engine, reading, stones)
        out, _ = erased.of(records, held)
        lines = erased.lines(malformed, held)
        kept, columns = records.anti_join(out, ["_file", "_row"]), free_text(reading.name)
        words = mentions(engine, kept, columns, stones)
        mentioning: set[int] = set()
        for pattern in patterns_of(words):
            for column in columns:
                mentioning |= _numbers(engine, kept.filter(kept[column].cast("string").re_search(pattern)))
        return Records(
            engine.count(records),
            engine.count(malformed),
            frozenset(_numbers(engine, out)),
            frozenset(_numbers(engine, lines)),
            frozenset(mentioning),
            words,
        )


def _numbers(engine: Engine, rows: ir.Table) -> set[int]:
    return {int(str(row["_row"])) for row in engine.rows(rows.select("_row"))}


def rewrite_source_file(engine: Engine, reading: Reading, file: SourceFile, stones: Tombstones) -> FileChange | None:
    """Take the records of erased people out of a file and blot out mentions; None when it has neither.

    The new file is read before it takes the old one's place.  Raises ``NotRewritten`` when it does not hold exactly the
    records that were to stay.
    """
    found = erased_records(engine, reading, file, stones)
    gone, mentioning = found.gone | found.gone_malformed, found.mentioning
    if not gone and not mentioning:
        return None
    before = sha256(file.path)
    patterns = compiled_patterns(found.words)
    origins = file_columns_of(reading.name, reading.config)
    texts = [origins[column] for column in free_text(reading.name) if column in origins]

    def blotted(row: Mapping[str, object]) -> dict[str, object]:
        """A record by the file's columns; a number elsewhere that reads like a key stays."""
        return {k: without_words(v, patterns, BLOT) if k in texts and isinstance(v, str) else v for k, v in row.items()}

    with replacing(file.path) as draft:
        # Endings tell formats and compressions, so the draft has those of the file.
        shaped = draft.with_name(f".erased.{file.path.name}")
        try:
            if file.format == "parquet":
                _rewrite_parquet(file.path, shaped, gone, mentioning, blotted)
            else:
                csv = reading.config.csv if file.format == "csv" else None
                change = _csv_changer(file, csv, blotted) if csv else _json_changer(texts, blotted)
                rewrite_without(file.path, shaped, csv, gone, dict.fromkeys(mentioning, change))
            again = SourceFile(shaped, file.name, file.format)
            left = erased_records(engine, reading, again, stones)
            as_before = (found.records - len(found.gone), found.malformed - len(found.gone_malformed))
            if (left.records, left.malformed) != as_before or left.gone or left.gone_malformed or left.mentioning:
                raise NotRewritten(
                    f"{file.name}: cannot be rewritten without the erased person's {len(gone)} records and leave all others as "
                    f"they are. It was not changed. Remove the records at the origin."
                )
            shaped.replace(draft)
        finally:
            shaped.unlink(missing_ok=True)
    total = found.records + found.malformed
    return FileChange(total, total - len(gone), before, sha256(file.path), len(mentioning))


def _csv_changer(file: SourceFile, csv: CsvOptions, blotted: Blotted) -> Callable[[str], str]:
    """Changes a record of a CSV file, as it is written there."""
    header = csv_header(file.path, csv)

    def changed(record: str) -> str:
        source = io.StringIO(record, newline="")
        [values] = csv_module.reader(source, delimiter=csv.delimiter, quotechar=csv.quote)
        row = blotted(dict(zip(header, values, strict=True)))
        text = io.StringIO(newline="")
        csv_module.writer(text, delimiter=csv.delimiter, quotechar=csv.quote, lineterminator="").writerow(row.values())
        return text.getvalue()

    return changed


def _json_changer(columns: Collection[str], blotted: Blotted) -> Callable[[str], str]:
    """Changes a record of a JSON lines file: the texts of these members alone, everything else stays as it is written."""
    names = "|".join(re.escape(json.dumps(name, ensure_ascii=False)) for name in columns)
    member = re.compile(rf'((?:{names})\s*:\s*)("(?:[^"\\]|\\.)*")')

    def text(found: re.Match[str]) -> str:
        [(_, value)] = blotted({next(iter(columns)): json.loads(found[2])}).items()
        return found[1] + json.dumps(value, ensure_ascii=found[2].isascii())

    return lambda record: member.sub(text, record)


def _rewrite_parquet(path: Path, target: Path, gone: frozenset[int], mentioning: frozenset[int], blotted: Blotted) -> None:
    """Batch by batch; records are numbered from 1."""
    source = pq.ParquetFile(path)
    with pq.ParquetWriter(target, source.schema_arrow) as writer:
        number = 1
        for batch in source.iter_batches():
            numbers = range(number, number + batch.num_rows)
            number += batch.num_rows
            if not mentioning.isdisjoint(numbers):
                rows = batch.to_pylist()
                for place, row in zip(numbers, rows, strict=True):
                    if place in mentioning:
                        rows[place - numbers.start] = blotted(row)
                batch = pa.RecordBatch.from_pylist(rows, schema=batch.schema)
            writer.write_batch(batch.filter(pa.array([place not in gone for place in numbers], pa.bool_())))
