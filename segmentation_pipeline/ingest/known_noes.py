"""The noes a ledger held at the last good run, and which of them a delivery no longer holds.

A no is there as long as somebody's no to at least as much is, said then or later, however it is spelled.  It may also
end: by a later yes of the same person to the same, and where it names an end that has passed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import BusinessConfig, QualityConfig, SourceConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.values.ledger_words import (
    EVERYTHING,
    GRANTED,
    UNKNOWN,
    channel_granted,
    channel_objected_to,
    purpose_meant,
    surely_granted,
)
from segmentation_pipeline.values.standardise import TYPED, standardise

_SAID_AT = {"consents": "occurred_at", "suppressions": "suppressed_at", "restrictions": "restricted_at"}
LEDGERS = tuple(_SAID_AT)
"""The sources whose rows say no."""
_NAMED = (("customer_id",), ("email",), ("phone",), ("street", "postal_code", "city"))
"""What a row may name somebody by; a no is of each of them, a yes of the addresses alone where it names any."""
_WIDEST = (EVERYTHING, UNKNOWN)
_ROW_DIGITS = 12
_SUBJECT = ["who", "channel", "purpose"]


@dataclass(frozen=True, slots=True)
class Ledger:
    """How a ledger's rows are read: its name, configuration, the day whose ends have passed, and the ``earliest`` day that is
    none by mistake."""

    source: str
    config: SourceConfig
    business: BusinessConfig
    as_of: date
    purposes: tuple[str, ...] = ()
    earliest: date = QualityConfig().earliest_date


def lost_noes(engine: Engine, ledger: Ledger, raw: ir.Table) -> list[str]:
    """The noes of the last good run that ``raw`` lacks, counted and placed; empty when all are there."""
    if not engine.has(tables.known_noes(ledger.source)):
        return []
    known = engine.table(tables.known_noes(ledger.source))
    if "ends_on" in known.columns:
        known = known.filter((known.ends_on >= ibis.literal(ledger.as_of)) | known.ends_on.isnull())
    with engine.staged(_said(engine, ledger, raw)) as said:
        noes = _latest(said.filter(said.no))
        yeses = _latest(said.filter(said.counts))
        still = _meeting(known, noes, wider=True)
        agreed = _meeting(known, yeses, wider=False)
        lost = known.anti_join(still, _SUBJECT).anti_join(agreed, _SUBJECT)
        count = engine.count(lost)
        if not count:
            return []
        rows = engine.rows(lost.order_by("_file", "_row").select("_file", "_row").limit(5))
    places = ", ".join(f"{row['_file']}:{row['_row']}" for row in rows)
    return [f"{count} known opt-outs are gone, last seen at {places}"]


def keep_noes(engine: Engine, ledger: Ledger, raw: ir.Table) -> None:
    """Make the noes of ``raw`` those that the next delivery must hold.

    One row per person or address, channel and purpose that somebody objected to: ``who`` (a digest, so that nothing
    here names anybody), ``at``: when last, ``undated``: at a time that cannot be read; and the place it stands at.
    """
    said = _said(engine, ledger, raw)
    engine.write(tables.known_noes(ledger.source), _latest(said.filter(said.no)))


def release(engine: Engine, ledger: Ledger, gone: ir.Table) -> None:
    """No longer ask for the noes of whom ``gone`` is about: rows of ``raw`` that leave on purpose (erased, expired)."""
    if engine.has(tables.known_noes(ledger.source)):
        with engine.staged(_said(engine, ledger, gone).select("who").distinct()) as who:
            known = engine.table(tables.known_noes(ledger.source))
            engine.replace_keys(tables.known_noes(ledger.source), known.filter(ibis.literal(False)), who)


def _said(engine: Engine, ledger: Ledger, raw: ir.Table) -> ir.Table:
    """What every row says of each that it names: ``who``, ``channel``, ``purpose``, ``no``, ``at``, ``ends_on``; and whether
    it ``counts`` as a yes, which must be as sound as one that is acted on."""
    source = SOURCES[ledger.source]
    rows = standardise(engine, raw, source, ledger.config, ledger.business)
    there = set(source.names)
    nothing = ibis.literal(EVERYTHING)
    channel, purpose, no, counts = nothing, nothing, ibis.literal(True), ibis.literal(False)
    if ledger.source == "consents":
        no = ~surely_granted(rows[TYPED + "status"])
        text = rows[TYPED + "channel"]
        channel = ibis.ifelse(no, channel_objected_to(text), channel_granted(text))
        purpose = purpose_meant(rows[TYPED + "purpose"], ledger.purposes)
        in_time = (rows.event_date <= ibis.literal(ledger.as_of)) & (rows.event_date >= ibis.literal(ledger.earliest))
        counts = (rows[TYPED + "status"] == GRANTED) & in_time & (channel != UNKNOWN) & (purpose != UNKNOWN)
    elif "channel" in there:
        channel = channel_objected_to(rows[TYPED + "channel"])
    ends = rows[TYPED + "ends_on"] if "ends_on" in there else ibis.null("date")
    key, *addresses = (_spelled(rows, names) for names in _NAMED if names[0] in there)
    with_address = ibis.or_(ibis.literal(False), *(address.notnull() for address in addresses))
    of_key = ibis.ifelse(no | ~with_address, key, ibis.null("string"))
    said = rows.select(
        "_file",
        "_row",
        who=ibis.array([of_key, *addresses]).unnest(),
        channel=channel,
        purpose=purpose,
        no=no,
        counts=counts.fill_null(False),
        at=rows[TYPED + _SAID_AT[ledger.source]],
        ends_on=ends,
    )
    return said.filter(said.who.notnull()).mutate(who=said.who.hexdigest("sha256"))


def _spelled(rows: ir.Table, names: Collection[str]) -> ir.StringValue:
    """What a row names somebody by, with what it is, in small letters; null when it does not."""
    first, *others = (cast(ir.StringValue, rows[TYPED + name]).lower() for name in names)
    text = reduce(lambda text, other: text + "|" + other.fill_null(""), others, next(iter(names)) + ":" + first)
    return cast(ir.StringValue, text)


def _latest(said: ir.Table) -> ir.Table:
    """One row per subject, with the last time it was said."""
    grouped = said.group_by(_SUBJECT).agg(
        at=said["at"].max(),
        undated=said["at"].isnull().any(),
        endless=said.ends_on.isnull().any(),
        ends=said.ends_on.max(),
        place=(said._file + ":" + said._row.cast("string").lpad(_ROW_DIGITS, "0")).min(),
    )
    # One that does not end outlasts those that do.
    ends_on = ibis.ifelse(grouped.endless, ibis.null("date"), grouped.ends)
    place = cast(ir.StringValue, grouped.place)
    file = place.substr(0, place.length() - _ROW_DIGITS - 1)
    row = place.right(_ROW_DIGITS).cast("int64")
    return grouped.select(*_SUBJECT, "at", "undated", ends_on=ends_on, _file=file, _row=row)


def _meeting(known: ir.Table, said: ir.Table, *, wider: bool) -> ir.Table:
    """The subjects of ``known`` about which ``said`` has as much, then or later: the same channel and purpose or all of
    them.  A no without a time is one at all times; a yes must be surely later than the no."""
    other = said.rename({f"{name}_said": name for name in ("channel", "purpose", "who", "at", "undated", "ends_on")})
    joined = known.inner_join(other.drop("_file", "_row"), known.who == other.who_said)
    widest = list(_WIDEST if wider else (EVERYTHING,))
    met = [(joined[f"{name}_said"] == joined[name]) | joined[f"{name}_said"].isin(widest) for name in ("channel", "purpose")]
    time = (
        (joined.at_said >= joined["at"]) | joined.undated | joined.undated_said
        if wider
        else (joined.at_said > joined["at"]) & ~joined.undated & ~joined.undated_said
    )
    if wider:
        # An end written beside a no that had none, or an earlier one, ends what nobody ended.
        met.append(joined.ends_on_said.isnull() | (joined.ends_on_said >= joined.ends_on).fill_null(False))
    return joined.filter(*met, time.fill_null(False)).select(_SUBJECT)
