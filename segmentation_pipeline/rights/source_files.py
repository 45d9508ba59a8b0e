"""Files sources are read from, without the records of erased people: landed copies always, the user's own when asked to."""

from __future__ import annotations

import csv as csv_module
import io
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from segmentation_pipeline.config.schema import CsvOptions
from segmentation_pipeline.config.schema.workbooks import WORKBOOK
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.text_files import csv_header, rewrite_without
from segmentation_pipeline.engine.word_patterns import compiled_patterns, patterns_of, without_words
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.ingest.erased_rows import ErasedRows, Reading
from segmentation_pipeline.ingest.files import SourceFile
from segmentation_pipeline.ingest.load import received_alone
from segmentation_pipeline.ingest.redaction import BLOT, free_text, mentions
from segmentation_pipeline.ingest.shared_addresses import without_the_erased
from segmentation_pipeline.privacy.tombstones import Tombstones
from segmentation_pipeline.rights.changed_file import FileChange, replacing, sha256
from segmentation_pipeline.rules.file_columns import origins_of

Cell = Callable[[int, str, object], object]
"""What becomes of a value: by the record's number and the column."""


_NOT_REWRITTEN = {"json": "a file that is one JSON list", WORKBOOK: "a workbook"}
"""A workbook keeps its texts apart from the cells, and in calculations, notes and filters besides."""


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
    blank: Mapping[int, frozenset[str]]
    """Of records that stay without saying whose they were: the columns that must be empty."""


def erased_records(engine: Engine, reading: Reading, file: SourceFile, stones: Tombstones) -> Records:
    """What of a file is to go."""
    with ExitStack() as held:
        records, malformed = received_alone(engine, reading.name, reading.config, file, held)
        records = held.enter_context(engine.staged(records))
        malformed = held.enter_context(engine.staged(malformed))
        erased = ErasedRows(engine, reading, stones)
        out, _ = erased.of(records, held)
        lines = erased.lines(malformed, held)
        nameless = without_the_erased(engine, reading, erased, records.semi_join(out, ["_file", "_row"]), held)
        kept, columns = records.anti_join(out, ["_file", "_row"]), free_text(reading.name)
        words = mentions(engine, kept, columns, stones)
        mentioning: set[int] = set()
        for pattern in patterns_of(words):
            for column in columns:
                mentioning |= _numbers(engine, kept.filter(kept[column].cast("string").re_search(pattern)))
        return Records(
            engine.count(records),
            engine.count(malformed),
            frozenset(_numbers(engine, out.anti_join(nameless, ["_file", "_row"]))),
            frozenset(_numbers(engine, lines)),
            frozenset(mentioning),
            words,
            _blank(engine, records, nameless),
        )


def _numbers(engine: Engine, rows: ir.Table) -> set[int]:
    return {int(row["_row"]) for row in engine.rows(rows.select("_row"))}


def _blank(engine: Engine, records: ir.Table, nameless: ir.Table) -> dict[int, frozenset[str]]:
    found = {str(row["_row"]): row for row in engine.rows(nameless)}
    before = engine.rows(records.semi_join(nameless, ["_file", "_row"]))
    return {
        int(row["_row"]): frozenset(name for name, value in row.items() if value != found[str(row["_row"])][name])
        for row in before
    }


def rewrite_source_file(engine: Engine, reading: Reading, file: SourceFile, stones: Tombstones) -> FileChange | None:
    """Take the records of erased people out of a file and blot out mentions; None when it has neither.

    The new file is read before it takes the old one's place.  Raises ``NotRewritten`` when it does not hold exactly the
    records that were to stay.
    """
    found = erased_records(engine, reading, file, stones)
    gone, changed = found.gone | found.gone_malformed, found.mentioning | frozenset(found.blank)
    if not gone and not changed:
        return None
    if file.format in _NOT_REWRITTEN:
        raise NotRewritten(
            f"{file.name}: {_NOT_REWRITTEN[file.format]} is not rewritten, and holds {len(gone | changed)} records of the erased "
            f"person. It was not changed. Remove them at the origin."
        )
    before = sha256(file.path)
    patterns = compiled_patterns(found.words)
    origins = origins_of(reading.name, reading.config)
    texts = {origin for column in free_text(reading.name) for origin in origins.get(column, ())}
    blank = {
        number: {origin for column in columns for origin in origins.get(column, ())} for number, columns in found.blank.items()
    }

    def cell(number: int, column: str, value: object) -> object:
        """A value by the file's column; a number elsewhere that reads like a key stays."""
        if column in blank.get(number, ()):
            return None
        return without_words(value, patterns, BLOT) if column in texts and isinstance(value, str) else value

    with replacing(file.path) as draft:
        # Endings tell formats and compressions, so the draft has those of the file.
        shaped = draft.with_name(f".erased.{file.path.name}")
        try:
            if file.format == "parquet":
                _rewrite_parquet(file.path, shaped, gone, changed, cell)
            else:
                csv = reading.config.csv if file.format == "csv" else None
                of_record = _csv_changer(file, csv, cell) if csv else _json_changer(texts.union(*blank.values()), cell)
                rewrite_without(file.path, shaped, csv, gone, {number: partial(of_record, number) for number in changed})
            again = replace(file, path=shaped)
            left = erased_records(engine, reading, again, stones)
            changed_others = _lost(engine, reading, file, again, gone | changed) if reading.config.fill_down else 0
            as_before = (found.records - len(found.gone), found.malformed - len(found.gone_malformed))
            named = left.gone or left.gone_malformed or left.mentioning or left.blank
            if (left.records, left.malformed) != as_before or named or changed_others:
                raise NotRewritten(
                    f"{file.name}: cannot be rewritten without the erased person's {len(gone)} records and leave all others as "
                    f"they are. It was not changed. Remove the records at the origin."
                )
            shaped.replace(draft)
        finally:
            shaped.unlink(missing_ok=True)
    total = found.records + found.malformed
    return FileChange(total, total - len(gone), before, sha256(file.path), len(changed))


def _lost(engine: Engine, reading: Reading, file: SourceFile, again: SourceFile, touched: frozenset[int]) -> int:
    """How many records that were not touched read otherwise, since cells of theirs are filled from lines that are gone."""
    with ExitStack() as held:
        both = []
        for one in (file, again):
            records, _ = received_alone(engine, reading.name, reading.config, one, held)
            both.append(held.enter_context(engine.staged(records)))
        before, after = both
        kept = before.filter(before._row.notin(sorted(touched))).drop("_file", "_row")
        return engine.count(kept.difference(after.select(*kept.columns), distinct=False))


def _csv_changer(file: SourceFile, csv: CsvOptions, cell: Cell) -> Callable[[int, str], str]:
    """Changes a record of a CSV file, as it is written there."""
    header = csv_header(file.path, csv)

    def changed(number: int, record: str) -> str:
        source = io.StringIO(record, newline="")
        [values] = csv_module.reader(source, delimiter=csv.delimiter, quotechar=csv.quote)
        text = io.StringIO(newline="")
        writer = csv_module.writer(text, delimiter=csv.delimiter, quotechar=csv.quote, lineterminator="")
        writer.writerow([cell(number, name, value) for name, value in zip(header, values, strict=False)])
        return text.getvalue()

    return changed


def _json_changer(columns: Collection[str], cell: Cell) -> Callable[[int, str], str]:
    """Changes a record of a JSON lines file: these members alone, everything else stays as it is written."""
    names = "|".join(re.escape(json.dumps(name, ensure_ascii=False)) for name in sorted(columns))
    member = re.compile(rf'({names})(\s*:\s*)("(?:[^"\\]|\\.)*"|[^\s,{{}}\[\]"]+)')

    def changed(number: int, record: str) -> str:
        def of_member(found: re.Match[str]) -> str:
            value = json.loads(found[3])
            fresh = cell(number, json.loads(found[1]), value)
            return found[0] if fresh == value else found[1] + found[2] + json.dumps(fresh, ensure_ascii=found[3].isascii())

        return member.sub(of_member, record)

    return changed


def _rewrite_parquet(path: Path, target: Path, gone: frozenset[int], changed: frozenset[int], cell: Cell) -> None:
    """Batch by batch; records are numbered from 1."""
    source = pq.ParquetFile(path)
    with pq.ParquetWriter(target, source.schema_arrow) as writer:
        number = 1
        for batch in source.iter_batches():
            numbers = range(number, number + batch.num_rows)
            number += batch.num_rows
            if not changed.isdisjoint(numbers):
                rows = batch.to_pylist()
                for place, row in zip(numbers, rows, strict=True):
                    if place in changed:
                        rows[place - numbers.start] = {name: cell(place, name, value) for name, value in row.items()}
                batch = pa.RecordBatch.from_pylist(rows, schema=batch.schema)
            writer.write_batch(batch.filter(pa.array([place not in gone for place in numbers], pa.bool_())))
