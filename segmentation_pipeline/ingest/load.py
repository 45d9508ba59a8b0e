"""Files to raw tables: as received, with provenance, reading only what changed.

A raw table mirrors the files that are there: a changed file replaces its rows, a file that is
gone takes its rows along.  So raw is a function of the files, whatever happened before.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.changes import EVERYTHING, Changes
from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.contracts.text import as_text
from segmentation_pipeline.engine.base import Engine, SourceFileError
from segmentation_pipeline.ingest import deliveries
from segmentation_pipeline.ingest.deliveries import Limits
from segmentation_pipeline.ingest.files import SourceFile, fingerprint, source_files
from segmentation_pipeline.ingest.missing_columns import hint
from segmentation_pipeline.ingest.screen import Screen, forget_notes, left_out
from segmentation_pipeline.ingest.skipped import SKIPS, with_skips, without_skipped

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
    changes: Changes = EVERYTHING,
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
    origins = file_columns_of(name, config)
    native = _native_types(engine, files, config, origins)
    reading = json.dumps([config.model_dump(mode="json", include={"csv", "columns", "format"}), str(native)])
    reading += screen.signature if screen else ""
    wanted = {file.name: hashlib.sha256((fingerprint(file.path) + reading).encode()).hexdigest() for file in files}
    known = _known_files(engine, name)

    removed = tuple(sorted(file for file in known if file not in wanted))
    changed = tuple(file for file in files if known.get(file.name) != wanted[file.name])
    if changed or removed:
        _check_columns(engine, name, config, origins, files)
    affected = [*removed, *(file.name for file in changed)]
    starts_anew = False
    with ExitStack() as held:
        # What is removed for its age is gone before deliveries are compared: nobody lost it.
        swept = screen.sweep(held) if screen else None
        comparable = changes.since is not None and _same_columns(engine, name, native)
        before = held.enter_context(engine.staged(_rows_of(engine, name, affected))) if comparable else None
        added_to = [file.name for file in changed if file.name in known] if limits and limits.delivery == "incremental" else []
        had = held.enter_context(engine.staged(deliveries.keys_of(engine, name, added_to))) if added_to else None
        with engine.transaction():
            if len(changed) == len(files):
                _forget_everything(engine, name)
            else:
                for file_name in affected:
                    _forget(engine, name, file_name)
            for file in changed:
                _read(engine, name, config, file, native, wanted[file.name], as_of, screen)
            if limits is not None:
                rows = engine.count(engine.table(tables.raw(name))) + sum(left_out(engine, name).values())
                starts_anew = not deliveries.check_received(engine, name, config, limits, as_of, rows, wanted, had)
        if before is not None:
            if swept is not None:
                before = before.union(swept.drop("_loaded_as_of").select(*before.columns))
            now = _rows_of(engine, name, affected)
            engine.write(tables.raw_touched(name), before.difference(now).union(now.difference(before)))
            changes.note(tables.raw(name), engine.table(tables.raw_touched(name)))

    ledger = engine.table(tables.FILES)
    now = engine.rows(ledger.filter(ledger.source == name).agg(records=ledger.records.sum(), malformed=ledger.malformed.sum()))[0]
    changed_names = tuple(file.name for file in changed)
    return LoadReport(
        read=changed_names,
        unchanged=tuple(file.name for file in files if file.name not in changed_names),
        removed=removed,
        records=int(str(now["records"] or 0)),
        malformed=int(str(now["malformed"] or 0)),
        fingerprint=hashlib.sha256(json.dumps(sorted(wanted.items())).encode()).hexdigest(),
        starts_anew=starts_anew,
    )


def file_columns_of(source: str, config: SourceConfig) -> dict[str, str]:
    """The contract columns that come from the file, with the file's name for them."""
    return {column: origin for column in SOURCES[source].names if (origin := _origin(config, column))}


def _origin(config: SourceConfig, column: str) -> str | None:
    """The file's column a contract column is read from; None when it does not come from the file."""
    if not config.columns:
        return column
    mapping = config.columns.get(column)
    return mapping.source_column if mapping else None


def _check_columns(engine: Engine, name: str, config: SourceConfig, origins: dict[str, str], files: list[SourceFile]) -> None:
    """Every file must have the required columns; an optional column that is mapped must be in one
    of them, since older files may not know it yet.  Raises ``SourceFileError`` otherwise."""
    present = {file.name: engine.file_columns(file.path, file.format, config.csv) for file in files}
    # JSON lines without a single record say nothing about columns: a quiet day, not a mistake.
    present = {file.name: present[file.name] for file in files if present[file.name] or file.format != "jsonl"}
    naming = {column: origin for column in SOURCES[name].any_of if (origin := origins.get(column))}
    for file_name, columns in present.items():
        if naming and not set(naming.values()) & set(columns):
            file = next(file for file in files if file.name == file_name)
            likely = hint(file.path, file.format, config.csv, next(iter(naming.values())), columns)
            raise SourceFileError(
                f"{file_name}: none of the columns {', '.join(naming.values())} is in the file, so nobody can tell whom its rows "
                f"are about.{likely} It has: {', '.join(columns)}. "
                f"Correct sources.{name}.columns in sources.yaml or the file."
            )
    for column, origin in origins.items():
        lacking = [file for file, columns in present.items() if origin not in columns]
        required = SOURCES[name].column(column).required
        if not lacking or (not required and (not config.columns or len(lacking) < len(present))):
            continue
        columns = present[lacking[0]]
        file = next(file for file in files if file.name == lacking[0])
        likely = hint(file.path, file.format, config.csv, origin, columns)
        raise SourceFileError(
            f"{lacking[0]}: column '{origin}' ({name}.{column}) is not in the file.{likely} It has: {', '.join(columns)}. "
            f"Correct sources.{name}.columns in sources.yaml or the file."
        )


def _native_types(
    engine: Engine, files: list[SourceFile], config: SourceConfig, origins: dict[str, str]
) -> dict[str, str] | None:
    """The column types when all files are Parquet and agree; None means raw holds text."""
    if any(file.format != "parquet" for file in files):
        return None
    schemas = [
        {k: str(v) for k, v in engine.read_file(f.path, f.format, list(origins.values()), config.csv).records.schema().items()}
        for f in files
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


def received(engine: Engine, source: str, config: SourceConfig, file: SourceFile, native: bool) -> tuple[ir.Table, ir.Table]:
    """One file's records under the contract's names, with ``_file`` and ``_row``, and its malformed records.

    ``native``: in the file's own types instead of text.  ``_skip`` beside them where the configuration leaves rows out.
    """
    origins = file_columns_of(source, config)
    read = engine.read_file(file.path, file.format, list(dict.fromkeys(origins.values())), config.csv)
    values = {}
    for column in SOURCES[source].names:
        mapping = config.columns.get(column)
        if column in origins:
            value = read.records[origins[column]]
            values[column] = value if native else as_text(value)
        elif mapping and mapping.from_row:
            values[column] = read.records._row.cast("string")
        elif mapping and mapping.value is not None:
            values[column] = ibis.literal(mapping.value)
        else:
            values[column] = ibis.null("string")
    name = ibis.literal(file.name)
    bad = read.malformed.select("_row", "reason", "line", _file=name)
    if SKIPS in read.records.columns:  # lines that are no records
        values[SKIPS] = read.records[SKIPS]
    records = read.records.select(**values, _file=name, _row=read.records._row)
    return with_skips(records, source, config), bad


def _read(
    engine: Engine,
    source: str,
    config: SourceConfig,
    file: SourceFile,
    native: dict[str, str] | None,
    mark: str,
    as_of: date,
    screen: Screen | None,
) -> None:
    records, bad = received(engine, source, config, file, native is not None)
    records, bad = (rows.mutate(_loaded_as_of=ibis.literal(as_of)) for rows in (records, bad))
    with engine.reading(file.path), ExitStack() as held:
        if SKIPS in records.columns:
            records = without_skipped(engine, source, held.enter_context(engine.staged(records)))
        if screen:
            records, bad = screen.kept(records, bad, held)
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
