"""Second files that are joined by key: their values stand beside those of the file, under ``<lookup>.<column>``.

Belongs here: joining, and the rows whose key is not found.  What the values mean is told where all are (``derived.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import reduce
from pathlib import Path

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.config.schema.sources import Lookup
from segmentation_pipeline.config.schema.workbooks import SheetReading
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.text import Form, as_text, in_form
from segmentation_pipeline.engine.base import Engine, SourceFileError
from segmentation_pipeline.ingest.files import SourceFile, find_files, fingerprint
from segmentation_pipeline.ingest.headers import headers
from segmentation_pipeline.ingest.skipped import SKIPS
from segmentation_pipeline.rules.file_columns import looked_up, sheet_reading

UNMATCHED, LINE = "_unmatched", "_line"
"""Columns beside records: the first second file that does not have the row's key, and the row's text where there is one."""

REASON = "malformed:not_in_lookup_"
"""Reason of rows whose key a second file does not have; then comes its name."""

IS_IN = "_is_in_"
"""Prefix of columns beside records, for second files that need not have every key: whether this one has the row's key, null
where the row has none."""

_FOUND = "_found"
_LOOKED_UP = {"source": "string", "_file": "string", "lookup": "string", "keys": "int64", "unmatched": "int64", "first": "int64"}


def lookup_files(root: Path, source: str, lookup: str, second: Lookup) -> list[SourceFile]:
    return find_files(root, f"{source}.lookup.{lookup}", second.patterns, second.format)


def lookup_signature(root: Path, source: str, config: SourceConfig) -> str:
    """What changes when the content of a second file does; empty where there is none."""
    marks = {
        lookup: [(file.name, fingerprint(file.path)) for file in lookup_files(root, source, lookup, second)]
        for lookup, second in config.lookup.items()
    }
    return json.dumps(marks) if marks else ""


def lookup_columns(engine: Engine, root: Path, source: str, config: SourceConfig) -> list[str]:
    """The columns of second files, as they are named; raises ``SourceFileError`` when one lacks a column of its key."""
    found: list[str] = []
    for lookup, second in config.lookup.items():
        for file in lookup_files(root, source, lookup, second):
            columns = engine.file_columns(file.path, file.format, second.csv, SheetReading(second.xlsx))
            for key in second.keys.values():
                if key not in columns:
                    raise SourceFileError(
                        f"{file.name}: column '{key}' is not in the file. It has: {', '.join(columns)}. "
                        f"Correct sources.{source}.lookup.{lookup}.key in sources.yaml or the file."
                    )
            found += [f"{lookup}.{column}" for column in columns]
    return list(dict.fromkeys(found))


def lookup_headers(root: Path, source: str, config: SourceConfig) -> Iterator[str]:
    """The columns of second files, as they are named, without an engine where that can be."""
    for lookup, second in config.lookup.items():
        for columns in headers(lookup_files(root, source, lookup, second), second.csv, second.xlsx):
            yield from (f"{lookup}.{column}" for column in columns)


def staged_lookups(engine: Engine, root: Path, source: str, config: SourceConfig, held: ExitStack) -> dict[str, ir.Table]:
    """The second files as tables: the keys ``k<n>`` in the form of keys, each once, and the columns that are read.

    Raises ``SourceFileError`` when a key appears twice, or a record cannot be read: it might be the one that is meant.
    """
    return {
        lookup: _staged(engine, lookup_files(root, source, lookup, second), source, lookup, second, config, held)
        for lookup, second in config.lookup.items()
    }


def _staged(
    engine: Engine, files: list[SourceFile], source: str, lookup: str, second: Lookup, config: SourceConfig, held: ExitStack
) -> ir.Table:
    wanted, keys = looked_up(source, config, lookup), list(second.keys.values())
    signs = sheet_reading(source, config).decimals
    reading = SheetReading(second.xlsx, {c: signs[f"{lookup}.{c}"] for c in wanted if f"{lookup}.{c}" in signs})
    parts = []
    for file in files:
        read = engine.read_file(file.path, file.format, list(dict.fromkeys([*keys, *wanted])), second.csv, reading)
        with engine.reading(file.path):
            if bad := engine.count(read.malformed):
                [first] = engine.rows(read.malformed.order_by("_row").limit(1).select("_row", "reason"))
                raise SourceFileError(
                    f"{file.name}: {bad} records cannot be read, the first is row {first['_row']} ({first['reason']}); any "
                    f"of them may be the one that is looked up ({source}.lookup.{lookup}). Correct the file."
                )
            rows = read.records
            if SKIPS in rows.columns:
                rows = rows.filter(rows[SKIPS].isnull())
            values = {f"k{n}": in_form(as_text(rows[key]), Form.KEY) for n, key in enumerate(keys)}
            values |= {f"{lookup}.{column}": as_text(rows[column]) for column in wanted}
            rows = rows.select(**values, _file=ibis.literal(file.name), _row=rows._row)
            rows = rows.filter(ibis.and_(*(rows[f"k{n}"].notnull() for n in range(len(keys)))))
            parts.append(held.enter_context(engine.staged(rows)))
    table = ibis.union(*parts) if len(parts) > 1 else parts[0]
    _check_unique(engine, table, keys, source, lookup)
    return table.drop("_file", "_row").mutate(**{_FOUND: ibis.literal(True)})


def _check_unique(engine: Engine, table: ir.Table, keys: list[str], source: str, lookup: str) -> None:
    names = [f"k{n}" for n in range(len(keys))]
    counted = table.group_by(*names).agg(rows=table.count())
    several = counted.filter(counted["rows"] > 1)
    if not (found := engine.count(several)):
        return
    of_them = table.semi_join(several, names).order_by("_file", "_row")
    [first] = engine.rows(of_them.limit(1))
    same = table.filter(ibis.and_(*(table[name] == first[name] for name in names))).order_by("_file", "_row").limit(3)
    places = ", ".join(f"{row['_file']} row {row['_row']}" for row in engine.rows(same.select("_file", "_row")))
    raise SourceFileError(
        f"source '{source}': {found} keys ({', '.join(keys)}) appear more than once in the lookup '{lookup}', the first in "
        f"{places}: nobody can tell which row is meant. Correct the file, or name more columns under "
        f"sources.{source}.lookup.{lookup}.key."
    )


def with_lookups(records: ir.Table, lookups: Mapping[str, ir.Table], config: SourceConfig) -> ir.Table:
    """The records of one file with the values of second files, and ``_unmatched`` and ``_line`` where rows must be found there.

    A row without a whole key has no values; it is not said to be unmatched.
    """
    if not lookups:
        return records
    names = [name for name in records.columns if not name.startswith("_")]
    for lookup, table in lookups.items():
        keys = {
            f"_{lookup}_{n}": in_form(as_text(records[column]), Form.KEY) for n, column in enumerate(config.lookup[lookup].keys)
        }
        keyed = records.mutate(**keys)
        named = table.rename({f"{name}_right": f"k{n}" for n, name in enumerate(keys)} | {f"_{lookup}{_FOUND}": _FOUND})
        joined = keyed.left_join(named, [keyed[name] == named[f"{name}_right"] for name in keys])
        missing = ibis.and_(*(joined[name].notnull() for name in keys), joined[f"_{lookup}{_FOUND}"].isnull())
        if SKIPS in joined.columns:
            missing = missing & joined[SKIPS].isnull()
        if config.lookup[lookup].unmatched == "empty":
            asked = ibis.and_(*(joined[name].notnull() for name in keys))
            if SKIPS in joined.columns:
                asked = asked & joined[SKIPS].isnull()
            joined = joined.mutate(**{IS_IN + lookup: ibis.ifelse(asked, ~missing, ibis.null("boolean"))})
        previous = joined[UNMATCHED] if UNMATCHED in joined.columns else ibis.null("string")
        if config.lookup[lookup].unmatched != "empty":
            missing_here = ibis.ifelse(missing, ibis.literal(lookup), ibis.null("string"))
            joined = joined.mutate(**{UNMATCHED: ibis.coalesce(previous, missing_here)})
        records = joined.drop(*keys, *(f"{name}_right" for name in keys), f"_{lookup}{_FOUND}")
    if UNMATCHED not in records.columns:
        return records
    texts = [as_text(records[name]).fill_null("") for name in names]
    line = reduce(lambda one, other: one + ibis.literal(";") + other, texts)
    return records.mutate(**{LINE: ibis.ifelse(records[UNMATCHED].notnull(), line, ibis.null("string"))})


def is_in_columns(records: ir.Table) -> list[str]:
    return [name for name in records.columns if name.startswith(IS_IN)]


def with_unmatched_noted(engine: Engine, source: str, records: ir.Table) -> ir.Table:
    """The rows that are taken in, staged, without what tells whether second files have their keys; how many have not is noted."""
    names = is_in_columns(records)
    for name in names:
        found = records[name]
        counted = records.group_by("_file").agg(
            keys=found.count(), unmatched=(~found).sum().fill_null(0), first=records._row.min(where=~found)
        )
        rows = counted.mutate(source=ibis.literal(source), lookup=ibis.literal(name.removeprefix(IS_IN)))
        engine.append(tables.LOOKED_UP, rows.select(**{each: rows[each].cast(kind) for each, kind in _LOOKED_UP.items()}))
    return records.drop(*names)


def without_unmatched(records: ir.Table, malformed: ir.Table, config: SourceConfig) -> tuple[ir.Table, ir.Table]:
    """The records whose keys were found, and the malformed ones with those that were not.

    What is left out on purpose is; where the configuration says ``skip``, so are rows whose key was not found.
    """
    skipping = [lookup for lookup, second in config.lookup.items() if second.unmatched == "skip"]
    if skipping:
        skipped = records[UNMATCHED].isin(skipping)
        name = ibis.ifelse(skipped, ibis.literal("not in ") + records[UNMATCHED], ibis.null("string"))
        named = ibis.coalesce(records[SKIPS], name) if SKIPS in records.columns else name
        records = records.mutate(**{SKIPS: named})
    is_refused = records[UNMATCHED].notnull()
    if SKIPS in records.columns:
        is_refused = is_refused & records[SKIPS].isnull()
    refused = records.filter(is_refused)
    bad = refused.select("_row", reason=ibis.literal(REASON) + refused[UNMATCHED], line=refused[LINE], _file=refused["_file"])
    return records.filter(~is_refused).drop(UNMATCHED, LINE), malformed.union(bad.select(*malformed.columns))
