"""Erasing in the tables: of the sources by the rows as received, of everything else by whose id or order a row names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.duckdb_erase import blot, delete_named, delete_placed, rows_by_table, rows_holding, text_columns
from segmentation_pipeline.ingest.erased_rows import ErasedRows, Reading
from segmentation_pipeline.ingest.known_noes import LEDGERS, Ledger, release
from segmentation_pipeline.ingest.redaction import BLOT, coded, free_text, mentions
from segmentation_pipeline.ingest.shared_addresses import without_the_erased
from segmentation_pipeline.privacy.spellings import known_email, known_phone
from segmentation_pipeline.privacy.tombstones import Kind, Tombstones
from segmentation_pipeline.rights.person import readings
from segmentation_pipeline.rights.products import products_of_nobody, take_off_lists

_KEYS = ("household_id", "group_id", "account", "unit")
_ADDRESSES = ("identifier", "e164", "value")
_DIRTY = ("_dirty", *tables.DIRTY_BEFORE)
"""Endings of tables that tell what changed since the run before; the run after an erasure makes everything anew."""
_LEAST_CHARACTERS = 5
"""Shorter keys are not looked for in texts: they would be found everywhere."""

_FEW = 100


@dataclass(frozen=True, slots=True)
class TableChange:
    """Rows of a table before and after, and rows of others in whose texts something was blotted out."""

    before: int
    after: int
    blotted: int = 0


@dataclass(frozen=True)
class ErasedTables:
    """What erasing did to each table it changed; ``left`` are rows that still name the person, by table: none, if all is well.

    ``words`` are the person's keys and addresses as they were spelled, to look for elsewhere, ``products`` what nobody else
    bought.
    """

    changes: Mapping[str, TableChange]
    left: Mapping[str, int]
    words: Sequence[str] = field(repr=False)
    products: Sequence[str] = field(default=(), repr=False)


def erase_in_warehouse(engine: DuckDBEngine, stones: Tombstones, config: Config) -> ErasedTables:
    """Erase the people of ``stones`` from every table of a warehouse.

    Rows as received go by the rules of the next reading, so that later rows of somebody who came back stay; what was made
    of them goes whole and is made anew by the next run.
    """
    stored = text_columns(engine)
    before, blots = rows_by_table(engine, stored), dict.fromkeys(stored, 0)
    read = readings(engine, config)
    with ExitStack() as held:
        words: set[str] = set()
        for name, reading in read.items():
            words |= spellings(engine, reading, engine.table(tables.raw(name)), stones, held)
        words |= _addresses_of(engine, stones, held)
        for reading in read.values():
            _erase_source(engine, reading, stones, stored, words, blots, held)
        received = {table for name in read for table in (tables.raw(name), tables.malformed(name))}
        for table in [table for table in stored if table.endswith(_DIRTY)]:
            engine.drop(table)
        engine.drop(tables.LAST_RUN)  # the next run makes everything anew
        others = {table: columns for table, columns in text_columns(engine).items() if table not in received}
        left = _erase_others(engine, stones, others, sorted(words), blots, held)
        products = products_of_nobody(engine)
        take_off_lists(engine, others, products)
        for name in read:
            for table, columns in ((tables.raw(name), free_text(name)), (tables.malformed(name), ["line"])):
                if rows := rows_holding(engine, table, _texts(stored, table, columns), _telling(words)):
                    left[table] = rows
    return ErasedTables(_changes(engine, before, blots), left, sorted(words), products)


def erase_in_publication(engine: DuckDBEngine, stones: Tombstones, words: Sequence[str], products: Sequence[str]) -> ErasedTables:
    """Erase the people of ``stones``, whose keys and addresses are spelled ``words`` and who alone bought ``products``, from
    every published table."""
    stored = text_columns(engine)
    before, blots = rows_by_table(engine, stored), dict.fromkeys(stored, 0)
    with ExitStack() as held:
        left = _erase_others(engine, stones, stored, words, blots, held)
        take_off_lists(engine, stored, products)
    return ErasedTables(_changes(engine, before, blots), left, words, products)


def spellings(engine: DuckDBEngine, reading: Reading, rows: ir.Table, stones: Tombstones, held: ExitStack) -> set[str]:
    """The keys and addresses of erased people in these rows, as written and normalised."""
    found: set[str] = set()
    for column, kind in ErasedRows(engine, reading, stones).named_by():
        if kind is Kind.ORDER:
            continue
        once = rows.select(column).distinct()
        text = cast(ir.StringValue, once[column].cast("string")).strip()
        spelled = once.select(text=text, value=reading.normalised(once, column, kind))
        spelled = held.enter_context(engine.staged(spelled.filter(spelled["value"].notnull())))
        known = spelled.mutate(mark=stones.marked(kind, spelled["value"])).semi_join(stones.staged(engine, held), "mark")
        for row in engine.rows(known.select("text", "value")):
            found |= {str(row["text"]), str(row["value"])}
    return found


def _addresses_of(engine: DuckDBEngine, stones: Tombstones, held: ExitStack) -> set[str]:
    """The addresses for which the erased customers have pseudonyms."""
    if not engine.has(tables.CUSTOMER_ADDRESSES):
        return set()
    noted = engine.table(tables.CUSTOMER_ADDRESSES)
    marked = noted.mutate(mark=stones.marked(Kind.CUSTOMER, noted.customer_id.lower()))
    rows = engine.rows(marked.semi_join(stones.staged(engine, held), "mark").select("address").distinct())
    return {str(row["address"]) for row in rows}


def _erase_source(
    engine: DuckDBEngine,
    reading: Reading,
    stones: Tombstones,
    stored: Mapping[str, list[str]],
    words: set[str],
    blots: dict[str, int],
    held: ExitStack,
) -> None:
    """Rows as received and what was made of each, and mentions in the rows of others."""
    name = reading.name
    raw, malformed = engine.table(tables.raw(name)), engine.table(tables.malformed(name))
    erased = ErasedRows(engine, reading, stones)
    out, _ = erased.of(raw, held)
    lines = erased.lines(malformed, held)
    if name in LEDGERS:  # the next delivery must hold these noes no longer
        release(engine, Ledger(name, reading.config, reading.business, date.min), raw.semi_join(out, ["_file", "_row"]))
    shared = without_the_erased(engine, reading, erased, raw.semi_join(out, ["_file", "_row"]), held)
    texts = free_text(name)
    words |= set(mentions(engine, raw.anti_join(out, ["_file", "_row"]), texts, stones))
    of_rows = (tables.raw(name), tables.validated(name), tables.quarantine(name), tables.quarantine_with_pii(name))
    for table in of_rows:
        if table in stored:
            delete_placed(engine, table, out)
            delete_placed(engine, table, lines)
            blots[table] += blot(engine, table, _texts(stored, table, [*texts, "line"]), _telling(words), BLOT)
    if engine.count(shared):
        engine.append(tables.raw(name), shared)
    delete_placed(engine, tables.malformed(name), lines)


def _erase_others(
    engine: DuckDBEngine,
    stones: Tombstones,
    stored: Mapping[str, list[str]],
    words: Sequence[str],
    blots: dict[str, int],
    held: ExitStack,
) -> dict[str, int]:
    """Rows that name a person, their orders or addresses; mentions in others.  How many are left, by table."""
    names = {
        table: {column: kinds for column in columns if (kinds := _names(table, column))} for table, columns in stored.items()
    }
    gone, looked_for = _gone(engine, stones, names, held), _telling(words)
    left: dict[str, int] = {}
    codes = coded()
    for table, columns in stored.items():
        keys = names[table]
        if keys:
            delete_named(engine, table, keys, gone)
        # A postal code or a shop's number may read like somebody's key.
        texts = [column for column in columns if column not in keys and column not in codes]
        of_people = [column for column, kinds in keys.items() if Kind.ORDER not in kinds]
        # A few words are looked for; of many those that are there are found by their marks.
        there = looked_for if len(looked_for) <= _FEW else mentions(engine, engine.table(table), texts, stones)
        blots[table] = blots.get(table, 0) + blot(engine, table, texts, there, BLOT)
        if rows := rows_holding(engine, table, [*of_people, *texts], there):
            left[table] = rows
    return left


def _gone(
    engine: DuckDBEngine, stones: Tombstones, names: Mapping[str, Mapping[str, Sequence[Kind]]], held: ExitStack
) -> ir.Table:
    """``kind``, ``value``: what these columns hold, trimmed and in lower case, that has a mark of a kind they can name.

    An order may be numbered like another customer, so that a value alone names nobody.
    """
    shape = {"kind": "string", "value": "string"}
    found = [engine.memtable({name: [] for name in shape}, shape)]
    parts: dict[tuple[Kind, ...], list[ir.Table]] = {}
    for table, columns in names.items():
        rows = engine.table(table)
        for column, kinds in columns.items():
            parts.setdefault(tuple(kinds), []).append(rows.select(value=rows[column].cast("string").strip().lower()).distinct())
    known = stones.staged(engine, held)
    for kinds, columns_of_kinds in parts.items():
        together = ibis.union(*columns_of_kinds, distinct=True) if len(columns_of_kinds) > 1 else columns_of_kinds[0]
        values = held.enter_context(engine.staged(together))
        text = cast(ir.StringValue, values["value"])
        forms = {Kind.EMAIL: known_email, Kind.PHONE: known_phone}
        for kind in kinds:
            form = forms[kind](text) if kind in forms else text
            marked = values.mutate(kind=ibis.literal(str(kind)), mark=stones.marked(kind, form))
            found.append(marked.semi_join(known, "mark").select("kind", "value"))
    return held.enter_context(engine.staged(ibis.union(*found, distinct=True) if len(found) > 1 else found[0]))


def _names(table: str, column: str) -> tuple[Kind, ...]:
    """What a column names somebody by; ledgers and damaged keys may name an address instead of a customer."""
    if column == "order_id":
        return (Kind.ORDER,)
    if is_key(table, column):
        return (Kind.CUSTOMER, Kind.EMAIL, Kind.PHONE)
    return (Kind.EMAIL, Kind.PHONE) if column in _ADDRESSES and table.startswith("pii.") else ()


def is_key(table: str, column: str) -> bool:
    """Whether a column names a customer or an order.  A merge is kept as a stay, in a segment of that name."""
    of_merges = table.startswith("identity.") and column == "segment"
    return column.endswith("customer_id") or column in _KEYS or column == "order_id" or of_merges


def _telling(words: Iterable[str]) -> list[str]:
    return sorted(word for word in words if len(word) >= _LEAST_CHARACTERS)


def _texts(stored: Mapping[str, list[str]], table: str, wanted: Sequence[str]) -> list[str]:
    return [column for column in stored.get(table, ()) if column in wanted]


def _changes(engine: DuckDBEngine, before: Mapping[str, int], blots: Mapping[str, int]) -> dict[str, TableChange]:
    after = rows_by_table(engine, [table for table in before if engine.has(table)])
    found = {table: TableChange(rows, after.get(table, 0), blots.get(table, 0)) for table, rows in sorted(before.items())}
    return {table: change for table, change in found.items() if change.before != change.after or change.blotted}
