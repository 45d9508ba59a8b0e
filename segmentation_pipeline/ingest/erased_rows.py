"""Which rows as received belong to somebody who was erased: the same question at every reading and at the erasure itself.

Values are normalised, each distinct one is hashed once, and the hashes are compared with the tombstones'.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import BusinessConfig, SourceConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.ingest.known_noes import LEDGERS
from segmentation_pipeline.privacy.addresses import bare_address
from segmentation_pipeline.privacy.spellings import digest, known_email, known_phone
from segmentation_pipeline.privacy.tombstones import Kind, Tombstones
from segmentation_pipeline.values.standardise import TYPED, standard_text, standardise

CUSTOMER_KEYS = ("customer_id", "other_customer_id")
"""Columns that name a customer; ledgers may name an address there instead."""

_NAMED_BY: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys(CUSTOMER_KEYS, (Kind.CUSTOMER, Kind.EMAIL, Kind.PHONE)),
    "order_id": (Kind.ORDER,),
    "email": (Kind.EMAIL,),
    "phone": (Kind.PHONE,),
    "identifier": (Kind.EMAIL, Kind.PHONE),
}

_SEPARATORS = r"[,;|\t\x22{}]+"
_LEAST_CHARACTERS = 5
"""A piece of a damaged line that is shorter is a quantity as well as a key."""
_BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read: a source as the project maps it."""

    name: str
    config: SourceConfig
    business: BusinessConfig

    def normalised(self, rows: ir.Table, column: str, kind: Kind) -> ir.StringValue:
        """The value of a column in the form a mark of ``kind`` is made of; null when there is none."""
        if kind in (Kind.CUSTOMER, Kind.ORDER):
            source = SOURCES[self.name]
            return standard_text(rows, source.column(column), source, self.config, self.business).lower()
        text = cast(ir.StringValue, rows[column].cast("string"))
        plain = known_email(text) if kind is Kind.EMAIL else known_phone(text)
        # Ledgers may name an address by its digest, whose digits may be read as a number.
        return cast(ir.StringValue, ibis.coalesce(digest(text), plain))

    def place(self, rows: ir.Table) -> ir.StringValue | None:
        """The postal address a row of a ledger is about; None for other sources."""
        if self.name not in LEDGERS:
            return None
        parts = (cast(ir.StringValue, rows[name].cast("string")) for name in ("street", "postal_code", "city"))
        return bare_address(*parts)


class ErasedRows:
    """Knows the rows of one source that are of erased people, by tombstones and by what the sources read before told."""

    def __init__(self, engine: Engine, reading: Reading, stones: Tombstones) -> None:
        self._engine, self._reading, self._stones = engine, reading, stones
        self._source = SOURCES[reading.name]

    def of(self, rows: ir.Table, held: ExitStack) -> tuple[ir.Table, ir.Table]:
        """Of ``rows`` as received, with ``_file`` and ``_row``: those to leave out, and those of people who came back.

        Left out (``_file``, ``_row``, ``erased_at``) is what happened up to the erasure, or has no date that can be read;
        known orders and what belongs to them whenever.  Who came back: ``_file``, ``customer_id`` in its standard form.
        """
        named = held.enter_context(self._engine.staged(self.named(rows, held)))
        nobody = self._engine.memtable({"_file": [], "customer_id": []}, {"_file": "string", "customer_id": "string"})
        if not self._engine.count(named):
            return named.select("_file", "_row", "erased_at"), nobody
        of_erased = rows.semi_join(named, ["_file", "_row"])
        moments = dated(self._engine, self._reading, of_erased).join(named, ["_file", "_row"])
        refused = moments.always | moments.dated.isnull() | (moments.dated <= moments.erased_at)
        out = held.enter_context(self._engine.staged(moments.filter(refused).select("_file", "_row", "erased_at")))
        if "customer_id" not in self._source.names:
            return out, nobody
        back = of_erased.anti_join(out, ["_file", "_row"])
        column, reading = self._source.column("customer_id"), self._reading
        key = standard_text(back, column, self._source, reading.config, reading.business)
        return out, back.select("_file", customer_id=key).filter(ibis._.customer_id.notnull()).distinct()

    def lines(self, malformed: ir.Table, held: ExitStack) -> ir.Table:
        """``_file`` and ``_row`` of the damaged records that are known or hold a key or an address of somebody erased."""
        if not self._engine.count(malformed):
            return malformed.select("_file", "_row")
        pieces = malformed.select("_file", "_row", piece=malformed.line.re_split(_SEPARATORS).unnest())
        pieces = pieces.mutate(piece=pieces.piece.re_replace(r"^[\s:=']+|[\s:=']+$", ""))
        long = held.enter_context(self._engine.staged(pieces.filter(pieces.piece.length() >= _LEAST_CHARACTERS)))
        named = [malformed.select("_file", "_row", value=_value(Kind.LINE, malformed.line))]
        for kind in (Kind.CUSTOMER, Kind.ORDER):
            named.append(long.select("_file", "_row", value=_value(kind, long.piece.lower())))
        named.append(long.select("_file", "_row", value=_value(Kind.EMAIL, known_email(long.piece))))
        named.append(long.select("_file", "_row", value=_value(Kind.PHONE, known_phone(long.piece))))
        values = ibis.union(*named)
        found = values.semi_join(self.hits(values, held), "value").select("_file", "_row").distinct()
        return held.enter_context(self._engine.staged(found))

    def marks(self, rows: ir.Table, out: ir.Table) -> ir.Table:
        """The marks of the rows left out that other sources' rows are known by: _file, kind, mark, erased_at."""
        of_erased = rows.join(out, ["_file", "_row"])
        wanted = [("order_id", Kind.ORDER)] if self._source.name == "orders" or self._derives_orders else []
        wanted += [("customer_id", Kind.CUSTOMER)] if self._source.name == "customers" else []
        parts = [self._engine.memtable({name: [] for name in _MARKS}, _MARKS)]
        for column, kind in wanted:
            text = self._reading.normalised(of_erased, column, kind)
            one = of_erased.select("_file", "erased_at", kind=ibis.literal(str(kind)), mark=self._stones.marked(kind, text))
            parts.append(one.filter(one.mark.notnull()).select(*_MARKS))
        return ibis.union(*parts, distinct=True) if len(parts) > 1 else parts[0]

    @property
    def _derives_orders(self) -> bool:
        return self._source.name == "order_items" and bool({"customer_id"} & set(self._reading.config.columns or {"customer_id"}))

    def named(self, rows: ir.Table, held: ExitStack) -> ir.Table:
        """_file, _row, erased_at and ``always`` (whatever its date) of every row that names somebody erased."""
        told = dict(self._told(rows))
        asked = [part for by, texts in told.items() for part in self._asked(by, texts, rows, held)]
        if not asked:
            return self._engine.memtable({name: [] for name in _NAMED}, _NAMED)
        values = ibis.union(*asked) if len(asked) > 1 else asked[0]
        values = values.filter(values["value"].notnull())
        marked = values.mutate(mark=self._stones.marked_value(values["value"])).join(self._known(held), "mark")
        hits = marked.group_by("by", "text").agg(erased_at=marked.erased_at.max(), always=marked.always.max())
        hits = held.enter_context(self._engine.staged(hits))
        if not self._engine.count(hits):
            return self._engine.memtable({name: [] for name in _NAMED}, _NAMED)
        meant = [texts.join(hits.filter(hits.by == by).drop("by"), "text") for by, texts in told.items()]
        found = ibis.union(*meant) if len(meant) > 1 else meant[0]
        return found.group_by("_file", "_row").agg(erased_at=found.erased_at.max(), always=found.always.max())

    def _told(self, rows: ir.Table) -> Iterator[tuple[str, ir.Table]]:
        """By what a row may be known: for each, ``text`` as it stands in every row, with ``_file`` and ``_row``."""
        for column in dict.fromkeys(column for column, _ in self.named_by()):
            yield column, rows.select("_file", "_row", text=rows[column].cast("string"))
        if Kind.PLACE in self._stones.kinds and (place := self._reading.place(rows)) is not None:
            yield Kind.PLACE, rows.select("_file", "_row", text=place)
        if Kind.ROW in self._stones.kinds and "customer_id" in self._source.names:
            nameless = rows.filter(self._reading.normalised(rows, "customer_id", Kind.CUSTOMER).isnull())
            yield Kind.ROW, nameless.select("_file", "_row", text=content(nameless, self._source.names))

    def _asked(self, by: str, told: ir.Table, rows: ir.Table, held: ExitStack) -> list[ir.Table]:
        """Each text of ``told`` once, with a value for each kind it may be of: by, text, value and always.

        A customer or order comes in many rows, and to read a value of each would be most of the work.
        """
        if by in (Kind.PLACE, Kind.ROW):
            once = told.select("text").distinct()
            always = ibis.literal(by == Kind.ROW)
            return [once.select(by=ibis.literal(by), text="text", value=_value(Kind(by), once.text), always=always)]
        kinds = [kind for column, kind in self.named_by() if column == by]
        once = rows.select(by).distinct()
        if len(kinds) > 1:
            once = held.enter_context(self._engine.staged(once))
        return [
            once.select(
                by=ibis.literal(by),
                text=once[by].cast("string"),
                value=_value(kind, self._reading.normalised(once, by, kind)),
                always=ibis.literal(kind is Kind.ORDER),
            )
            for kind in kinds
        ]

    def named_by(self) -> Iterator[tuple[str, Kind]]:
        """The columns and kinds by which rows can be known; ledgers and damaged keys may name an address."""
        told = {Kind.CUSTOMER, Kind.ORDER} if self._engine.has(tables.ERASED_MARKS) else set()
        for column in self._source.names:
            for kind in _NAMED_BY.get(column, ()):
                if kind in self._stones.kinds or kind in told:
                    yield column, kind

    def hits(self, values: ir.Table, held: ExitStack) -> ir.Table:
        """``value`` and ``erased_at`` of the distinct values that have a mark."""
        distinct = values.filter(values.value.notnull()).distinct()
        marked = distinct.mutate(mark=self._stones.marked_value(distinct.value))
        hits = marked.join(self._known(held), "mark")
        return held.enter_context(self._engine.staged(hits.group_by("value").agg(erased_at=hits.erased_at.max())))

    def _known(self, held: ExitStack) -> ir.Table:
        """The marks of the tombstones, and those of rows left out of the sources read before."""
        of_stones = self._stones.staged(self._engine, held)
        if not self._engine.has(tables.ERASED_MARKS):
            return of_stones
        return of_stones.union(self._engine.table(tables.ERASED_MARKS).select("mark", "erased_at"))


def dated(engine: Engine, reading: Reading, rows: ir.Table) -> ir.Table:
    """_file, _row and ``dated`` (UTC, null = not known): when it happened or, of what describes a customer, changed."""
    source = SOURCES[reading.name]
    describes = source.natural_key == ("customer_id",)
    columns = (source.event_time, source.version) if describes else (source.event_time or source.version,)
    typed = standardise(engine, rows, source, reading.config, reading.business)
    dates = [typed[TYPED + column].cast("timestamp") for column in columns if column]
    moment = ibis.null("timestamp") if not dates else dates[0] if len(dates) == 1 else ibis.greatest(*dates)
    return typed.select("_file", "_row", dated=moment)


def _value(kind: Kind, text: ir.StringValue) -> ir.StringValue:
    """A value with its kind, as it is hashed; null of null."""
    return ibis.literal(f"{kind}|") + text


_NAMED = {"_file": "string", "_row": "int64", "erased_at": "timestamp", "always": "boolean"}
_MARKS = {"_file": "string", "kind": "string", "mark": "string", "erased_at": "timestamp"}


def content(rows: ir.Table, columns: tuple[str, ...]) -> ir.StringValue:
    """All a row holds, as one text."""
    text: ir.StringValue = ibis.literal("")
    for column in columns:
        text = text + rows[column].cast("string").fill_null("") + _BETWEEN
    return text
