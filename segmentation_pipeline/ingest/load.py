"""Files to raw tables: as received, with provenance, reading only what changed.

A raw table mirrors the files that are there: a changed file replaces its rows, a file that is
gone takes its rows along.  So raw is a function of the files, whatever happened before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.change_set import EVERYTHING, ChangeSet
from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.contracts.text import as_text
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.ingest import deliveries
from segmentation_pipeline.ingest.column_checks import check_columns
from segmentation_pipeline.ingest.deliveries import Limits
from segmentation_pipeline.ingest.derived import contract_values, filled_down
from segmentation_pipeline.ingest.files import SourceFile, fingerprint, source_files
from segmentation_pipeline.ingest.known_noes import LEDGERS
from segmentation_pipeline.ingest.lookups import (
    LINE,
    UNMATCHED,
    is_in_columns,
    lookup_signature,
    staged_lookups,
    with_lookups,
    with_unmatched_noted,
    without_unmatched,
)
from segmentation_pipeline.ingest.screen import Screen, forget_notes, left_out
from segmentation_pipeline.ingest.skipped import SKIPS, with_skips, without_skipped
from segmentation_pipeline.ingest.swallowed import read_whole
from segmentation_pipeline.rules.file_columns import columns_read, sheet_reading

_LEDGER_SCHEMA = {
    "source": "string",
    "file": "string",
    "fingerprint": "string",
    "records": "int64",
    "malformed": "int64",
    "loaded_as_of": "date",
}


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What loading one source did: files by what happened to them, and rows now in raw.

    ``starts_anew``: the delivery was not compared with the last one, since the source's files or columns changed.
    """

    read: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    records: int
    malformed: int
    fingerprint: str
    starts_anew: bool = False


def load_source(
    engine: Engine,
    root: Path,
    name: str,
    config: SourceConfig,
    as_of: date,
    changes: ChangeSet = EVERYTHING,
    limits: Limits | None = None,
    screen: Screen | None = None,
) -> LoadReport:
    """Bring ``raw.<name>`` and its malformed records in line with the source's files.

    Raw columns bear the contract's names and hold values as received: text for CSV and JSON
    lines, native types when all files are Parquet of one schema.  Added are ``_file``, ``_row``
    (1 = first record after the header) and ``_loaded_as_of``.  A malformed record never stops
    the load; a file that lacks a mapped required column or cannot be read does, with a
    ``SourceFileError``, and then everything stays as it was.

    With ``limits``, a delivery that lost rows, files or opt-outs beside the last good run's raises
    ``ShrunkError`` and everything stays as it was.

    Rows ``screen`` leaves out are counted in ``raw.left_out`` and nowhere else.

    Notes in ``changes`` the rows that came or went: of a file that grew, the lines it grew by.
    """
    files = source_files(root, name, config)
    native = _native_types(engine, name, files, config)
    reading = json.dumps([config.model_dump(mode="json", include={"csv", "format"}), config.meaning, str(native)])
    reading += (screen.signature if screen else "") + lookup_signature(root, name, config)
    wanted = {file.name: hashlib.sha256((fingerprint(file.path) + reading).encode()).hexdigest() for file in files}
    known = _known_files(engine, name)

    removed = tuple(sorted(file for file in known if file not in wanted))
    changed = tuple(file for file in files if known.get(file.name) != wanted[file.name])
    if changed or removed:
        check_columns(engine, name, config, files, root)
    affected = [*removed, *(file.name for file in changed)]
    starts_anew = False
    with ExitStack() as held:
        # What is removed for its age is gone before deliveries are compared: nobody lost it.
        swept = screen.sweep(held) if screen else None
        comparable = changes.since is not None and _same_columns(engine, name, native)
        before = held.enter_context(engine.staged(_rows_of(engine, name, affected))) if comparable else None
        added_to = [file.name for file in changed if file.name in known] if limits and limits.delivery == "incremental" else []
        had = held.enter_context(engine.staged(deliveries.keys_of(engine, name, added_to))) if added_to else None
        lookups = staged_lookups(engine, root, name, config, held) if changed else {}
        with engine.transaction():
            if len(changed) == len(files):
                _forget_everything(engine, name)
            else:
                for file_name in affected:
                    _forget(engine, name, file_name)
            for file in changed:
                _read(engine, name, config, file, native, wanted[file.name], as_of, screen, lookups)
            if limits is not None:
                rows = engine.count(engine.table(tables.raw(name))) + sum(left_out(engine, name).values())
                starts_anew = not deliveries.check_received(engine, name, config, limits, as_of, rows, wanted, had)
        if before is not None:
            if swept is not None:
                before = before.union(swept.drop("_loaded_as_of").select(*before.columns))
            now = _rows_of(engine, name, affected)
            engine.write(tables.dirty_rows(name), before.difference(now).union(now.difference(before)))
            changes.note(tables.raw(name), engine.table(tables.dirty_rows(name)))

    digest = hashlib.sha256(json.dumps(sorted(wanted.items())).encode()).hexdigest()
    return _report(engine, name, files, changed, removed, digest, starts_anew)


def _report(
    engine: Engine,
    name: str,
    files: Sequence[SourceFile],
    changed: Sequence[SourceFile],
    removed: tuple[str, ...],
    digest: str,
    starts_anew: bool,
) -> LoadReport:
    """What the load did; records and malformed ones are those of all files of the source."""
    ledger = engine.table(tables.FILES)
    now = engine.rows(ledger.filter(ledger.source == name).agg(records=ledger.records.sum(), malformed=ledger.malformed.sum()))[0]
    changed_names = tuple(file.name for file in changed)
    return LoadReport(
        read=changed_names,
        unchanged=tuple(file.name for file in files if file.name not in changed_names),
        removed=removed,
        records=int(now["records"] or 0),
        malformed=int(now["malformed"] or 0),
        fingerprint=digest,
        starts_anew=starts_anew,
    )


def _native_types(engine: Engine, name: str, files: list[SourceFile], config: SourceConfig) -> dict[str, str] | None:
    """The column types when all files are Parquet and agree; None means raw holds text."""
    if any(file.format != "parquet" for file in files):
        return None
    wanted = columns_read(name, config)
    schemas = [
        {k: str(v) for k, v in engine.read_file(f.path, f.format, wanted, config.csv).records.schema().items()} for f in files
    ]
    return schemas[0] if all(schema == schemas[0] for schema in schemas) else None


def _same_columns(engine: Engine, source: str, native: dict[str, str] | None) -> bool:
    """Whether the rows to come can be compared with those stored, or the raw table changes its types."""
    if not engine.has(tables.raw(source)):
        return False
    stored = engine.table(tables.raw(source)).select(*SOURCES[source].names).schema()
    return native is not None or all(kind.is_string() for kind in stored.types)


def _rows_of(engine: Engine, source: str, files: list[str]) -> ir.Table:
    """The source's raw rows that came from ``files``, but for the day they were loaded."""
    raw = engine.table(tables.raw(source)).drop("_loaded_as_of")
    return raw.filter(raw._file.isin(files) if files else ibis.literal(False))


def _known_files(engine: Engine, source: str) -> dict[str, str]:
    if not engine.has(tables.FILES):
        engine.write(tables.FILES, engine.memtable({column: [] for column in _LEDGER_SCHEMA}, _LEDGER_SCHEMA))
    ledger = engine.table(tables.FILES)
    return {str(row["file"]): str(row["fingerprint"]) for row in engine.rows(ledger.filter(ledger.source == source))}


def _forget_everything(engine: Engine, source: str) -> None:
    engine.delete(tables.FILES, {"source": source})
    engine.drop(tables.raw(source))
    engine.drop(tables.malformed(source))
    forget_notes(engine, source, None)


def _forget(engine: Engine, source: str, file: str) -> None:
    engine.delete(tables.FILES, {"source": source, "file": file})
    engine.delete(tables.raw(source), {"_file": file})
    engine.delete(tables.malformed(source), {"_file": file})
    forget_notes(engine, source, file)


def received(
    engine: Engine, source: str, config: SourceConfig, file: SourceFile, lookups: Mapping[str, ir.Table], native: bool
) -> tuple[ir.Table, ir.Table]:
    """One file's records under the contract's names, with ``_file`` and ``_row``, and its malformed records.

    ``lookups`` are the second files the source is joined with, staged; of those that need not have every key it is told
    beside the records whether they have theirs.
    ``native``: in the file's own types instead of text.  ``_skip`` beside them where the configuration leaves rows out.
    """
    wanted = columns_read(source, config)
    if source in LEDGERS and file.format == "csv":
        read = read_whole(engine, file.path, list(wanted), config.csv)
    else:
        read = engine.read_file(file.path, file.format, wanted, config.csv, sheet_reading(source, config))
    records = with_lookups(filled_down(read.records, config.fill_down), lookups, config)
    values = contract_values(engine, records, source, config, native=native)
    if file.format in ("jsonl", "json") and source not in LEDGERS:
        values |= {column.name: _unless_nested(values[column.name]) for column in SOURCES[source].columns if column.is_key}
    name = ibis.literal(file.name)
    bad = read.malformed.select("_row", "reason", "line", _file=name)
    if SKIPS in records.columns:  # lines that are no records
        values[SKIPS] = ibis.coalesce(records[SKIPS], values[SKIPS]) if SKIPS in values else records[SKIPS]
    values |= {told: records[told] for told in is_in_columns(records)}
    if UNMATCHED not in records.columns:
        return with_skips(records.select(**values, _file=name, _row=records._row), source, config), bad
    values |= {UNMATCHED: records[UNMATCHED], LINE: records[LINE]}
    records = with_skips(records.select(**values, _file=name, _row=records._row), source, config)
    return without_unmatched(records, bad, config)


def _unless_nested(key: ir.Value) -> ir.Value:
    """The key of a JSON record; an object or a list of several is none."""
    text = as_text(key)
    return ibis.ifelse(text.re_search(r"^[\[{].*[\]}]$"), ibis.null("string"), text)


def received_alone(
    engine: Engine, source: str, config: SourceConfig, file: SourceFile, held: ExitStack
) -> tuple[ir.Table, ir.Table]:
    """What ``received`` gives of a file by itself; the second files it is joined with hold as long as ``held`` does."""
    lookups = staged_lookups(engine, file.root, source, config, held)
    records, bad = received(engine, source, config, file, lookups, native=file.format == "parquet")
    return records.drop(*is_in_columns(records)), bad


def _read(
    engine: Engine,
    source: str,
    config: SourceConfig,
    file: SourceFile,
    native: dict[str, str] | None,
    mark: str,
    as_of: date,
    screen: Screen | None,
    lookups: Mapping[str, ir.Table],
) -> None:
    with engine.reading(file.path), ExitStack() as held:
        records, bad = received(engine, source, config, file, lookups, native is not None)
        records, bad = (rows.mutate(_loaded_as_of=ibis.literal(as_of)) for rows in (records, bad))
        if screen:
            records, bad = screen.kept(records, bad, held)
        if SKIPS in records.columns:
            # Last, since by the orders of erased people other sources' rows are known, whether they count or not.
            records = without_skipped(engine, source, held.enter_context(engine.staged(records)))
        if is_in_columns(records):
            records = with_unmatched_noted(engine, source, held.enter_context(engine.staged(records)))
        engine.append(tables.raw(source), records)
        engine.append(tables.malformed(source), bad)
        malformed = engine.count(bad)
    of_file = engine.table(tables.raw(source))
    entry: dict[str, list[object]] = {
        "source": [source],
        "file": [file.name],
        "fingerprint": [mark],
        "records": [engine.count(of_file.filter(of_file._file == file.name))],
        "malformed": [malformed],
        "loaded_as_of": [as_of],
    }
    engine.append(tables.FILES, engine.memtable(entry, _LEDGER_SCHEMA))
