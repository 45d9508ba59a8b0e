"""Raw rows to clean rows, quarantine and the account of where every row went."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.clean.judge import Referred, judge
from segmentation_pipeline.clean.standardise import TYPED, standardise
from segmentation_pipeline.config.schema import Config, SourceConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources import SOURCES, Reference, Source
from segmentation_pipeline.engine.base import Engine

ROW_ACCOUNTING_COLUMNS = (
    Column("as_of", Type.DAY, "Day of the run.", "day"),
    Column("source", Type.TEXT, "The source."),
    Column("read", Type.INTEGER, "Records in the source's files.", "rows"),
    Column("clean", Type.INTEGER, "Accepted rows.", "rows"),
    Column("quarantined", Type.INTEGER, "Rejected rows, malformed records included.", "rows"),
    Column("superseded", Type.INTEGER, "Rows replaced by a later correction or repeated.", "rows"),
    Column("later", Type.INTEGER, "Sound rows that happen after as_of.", "rows"),
    Column("quarantined_by_reason", Type.TEXT, "Rows per reason as JSON; a row with two reasons counts under both."),
    Column("blanked_by_reason", Type.TEXT, "Values of optional columns blanked, per reason, as JSON."),
)


@dataclass(frozen=True, slots=True)
class Accounting:
    """Where the rows of one source went: ``read = clean + quarantined + superseded + later``."""

    source: str
    read: int
    clean: int
    quarantined: int
    superseded: int
    later: int
    quarantined_by_reason: Mapping[str, int]
    blanked_by_reason: Mapping[str, int]

    @property
    def adds_up(self) -> bool:
        return self.read == self.clean + self.quarantined + self.superseded + self.later


def clean_source(engine: Engine, name: str, config: Config, as_of: date) -> Accounting:
    """Write ``clean.<name>``, its quarantine and its ``row_accounting``; return the account.

    Needs ``raw.<name>`` (or, for derived orders, ``clean.order_items``) and the clean tables the
    source refers to.  Every figure of the account is counted from its own table, so that a lost
    row shows as a sum that does not add up.
    """
    source = SOURCES[name]
    raw, bad_records = _received(engine, name, config)
    business = config.pipeline.business
    typed = standardise(engine, raw, source, _mapping(config, name), business)
    judgement = judge(typed, source, as_of, config.pipeline.quality, _referred(engine, source, config), business.zone)
    # Judging is the dear part and is read several times.
    with engine.staged(_needed(judgement, source)) as judged:
        account = _write_judged(engine, source, raw, bad_records, judged)
    _record(engine, account, as_of)
    engine.drop(tables.repeated(name))
    return account


def _needed(judgement: ir.Table, source: Source) -> ir.Table:
    typed = [TYPED + column for column in source.names]
    event_date = ["event_date"] if source.event_time else []
    return judgement.select(*typed, *event_date, "_file", "_row", "_reasons", "_blanked", "_later")


def _write_judged(engine: Engine, source: Source, raw: ir.Table, bad_records: ir.Table, judged: ir.Table) -> Accounting:
    """Every row to the table it belongs in, and how many each table got."""
    name = source.name
    accepted = judged.filter((judged._reasons == "") & ~judged._later)
    repeated = _repeated_keys(engine, accepted, source)
    latest = _latest(accepted, repeated, source)
    clean = engine.write(tables.clean(name), _final(latest, source, with_pii=False))
    if source.pii_columns:
        engine.write(f"pii.{name}", _final(latest, source, with_pii=True))
    waiting = judged.filter((judged._reasons == "") & judged._later)
    if any(reference.to_source == name for other in SOURCES.values() for reference in other.references):
        keys = source.natural_key
        typed_keys = waiting.select(**{key: waiting[TYPED + key] for key in keys}).distinct()
        engine.write(tables.later(name), typed_keys.anti_join(engine.table(tables.clean(name)), keys))
    _write_quarantine(engine, source, raw, judged, bad_records)

    quarantine = engine.table(tables.quarantine(name))
    return Accounting(
        source=name,
        read=engine.count(raw) + engine.count(bad_records),
        clean=clean,
        quarantined=engine.count(quarantine),
        superseded=int(str(engine.rows(repeated.agg(rows=(repeated.copies - 1).sum()))[0]["rows"] or 0)),
        later=engine.count(waiting),
        quarantined_by_reason=_per_reason(engine, quarantine, "reasons"),
        blanked_by_reason=_per_reason(engine, judged.filter((judged._reasons == "") & (judged._blanked != "")), "_blanked"),
    )


def _received(engine: Engine, name: str, config: Config) -> tuple[ir.Table, ir.Table]:
    if config.sources[name].derive_from:
        no_bad_records = engine.memtable(
            {"_row": [], "reason": [], "line": [], "_file": []},
            {"_row": "int64", "reason": "string", "line": "string", "_file": "string"},
        )
        return orders_from_items(engine.table(tables.clean("order_items"))), no_bad_records
    return engine.table(tables.raw(name)), engine.table(tables.malformed(name))


def _mapping(config: Config, name: str) -> SourceConfig:
    """How to read the source's raw rows; derived ones come from clean rows, whose instants are UTC already."""
    mapping = config.sources[name]
    return mapping.model_copy(update={"timezone": "UTC"}) if mapping.derive_from else mapping


def orders_from_items(items: ir.Table) -> ir.Table:
    """One order per ``order_id`` of clean order lines: amounts summed, the rest from its lines.

    An order whose lines name two customers has none here, and is rejected as missing one.
    """
    one_customer = items.customer_id.min() == items.customer_id.max()
    # File and row of one line: taken apart, two orders could come to bear the same pair.
    items = items.mutate(origin=ibis.struct({"file": items._file, "row": items._row}))
    orders = items.group_by("order_id").agg(
        customer_id=ibis.ifelse(one_customer, items.customer_id.min(), ibis.null("string")),
        ordered_at=items.ordered_at.min(),
        amount=items.amount.sum().cast(Type.MONEY.ibis),
        discount_amount=items.discount_amount.sum().cast(Type.MONEY.ibis),
        channel=items.channel.min(),
        store_id=items.store_id.min(),
        category=ibis.null("string"),
        status=ibis.null("string"),
        updated_at=items.updated_at.max(),
        origin=items.origin.min(),
    )
    return orders.mutate(_file=orders.origin["file"], _row=orders.origin["row"]).drop("origin")


def _referred(engine: Engine, source: Source, config: Config) -> dict[Reference, Referred]:
    mapping = config.sources[source.name]
    if mapping.unknown_references == "keep":
        return {}
    derived_from_this = config.sources["orders"].derive_from == source.name
    return {
        reference: Referred(engine.table(tables.clean(reference.to_source)), engine.table(tables.later(reference.to_source)))
        for reference in source.references
        if reference.to_source in config.sources and not (derived_from_this and reference.to_source == "orders")
    }


def _repeated_keys(engine: Engine, accepted: ir.Table, source: Source) -> ir.Table:
    """Natural keys that come more than once, with how often; few, so worth storing for reuse."""
    keys = [TYPED + key for key in source.natural_key]
    counts = accepted.group_by(keys).agg(copies=accepted.count())
    engine.write(tables.repeated(source.name), counts.filter(counts.copies > 1))
    return engine.table(tables.repeated(source.name))


def _latest(accepted: ir.Table, repeated: ir.Table, source: Source) -> ir.Table:
    """One row per natural key: the latest by version, then file name, then row.

    Keys that come once, nearly all, never meet the window function.
    """
    keys = [TYPED + key for key in source.natural_key]
    single = accepted.anti_join(repeated, keys)
    several = accepted.semi_join(repeated, keys)
    order = [several._file.desc(), several._row.desc()]
    if source.version:
        order.insert(0, _blanked(several, source.column(source.version)).desc(nulls_first=False))
    ranked = several.mutate(_rank=ibis.row_number().over(ibis.window(group_by=keys, order_by=order)))
    return single.union(ranked.filter(ranked._rank == 0).drop("_rank"))


def _final(table: ir.Table, source: Source, *, with_pii: bool) -> ir.Table:
    columns = [c for c in source.columns if c.pii == with_pii or (with_pii and c.name in source.natural_key)]
    values = {c.name: _blanked(table, c) for c in columns}
    if not with_pii and source.event_time:
        values["event_date"] = _event_date(table, source)
    return table.select(**values, _file=table._file, _row=table._row)


def _event_date(table: ir.Table, source: Source) -> ir.Value:
    assert source.event_time
    blanked = _blanked(table, source.column(source.event_time))
    return ibis.ifelse(blanked.isnull(), ibis.null("date"), table.event_date)


def _blanked(table: ir.Table, column: Column) -> ir.Value:
    value = table[TYPED + column.name]
    has_rules = column.minimum is not None or column.maximum is not None or column.allowed
    if column.required or not (has_rules or column.type in (Type.INSTANT, Type.DAY)):
        return value
    broken = (table._blanked != "") & (";" + table._blanked + ";").contains(f":{column.name};")
    return ibis.ifelse(broken, ibis.null(value.type()), value)


def _write_quarantine(engine: Engine, source: Source, raw: ir.Table, judged: ir.Table, bad_records: ir.Table) -> None:
    """Rejected rows as received (text), with file, row and all reasons, then malformed records."""
    reasons = judged.filter(judged._reasons != "").select("_file", "_row", "_reasons")
    rejected = raw.inner_join(reasons, ["_file", "_row"])
    received = {column.name: rejected[column.name].cast("string") for column in source.columns}
    rows = rejected.select(
        **received, line=ibis.null("string"), reasons=rejected._reasons, _file=rejected._file, _row=rejected._row
    )
    nothing = {column.name: ibis.null("string") for column in source.columns}
    lines = bad_records.select(
        **nothing, line=bad_records.line, reasons=bad_records.reason, _file=bad_records._file, _row=bad_records._row
    )
    everything = rows.union(lines)
    if source.pii_columns:
        engine.write(tables.quarantine_with_pii(source.name), everything)
        everything = engine.table(tables.quarantine_with_pii(source.name)).drop(*source.pii_columns, "line")
    engine.write(tables.quarantine(source.name), everything)


def _per_reason(engine: Engine, table: ir.Table, column: str) -> dict[str, int]:
    single = table.select(reason=table[column].split(";").unnest())
    counts = engine.rows(single.group_by("reason").agg(rows=single.count()))
    return {str(row["reason"]): int(str(row["rows"])) for row in sorted(counts, key=lambda row: str(row["reason"]))}


def _record(engine: Engine, account: Accounting, as_of: date) -> None:
    values: dict[str, object] = {
        "as_of": as_of,
        "source": account.source,
        "read": account.read,
        "clean": account.clean,
        "quarantined": account.quarantined,
        "superseded": account.superseded,
        "later": account.later,
        "quarantined_by_reason": json.dumps(account.quarantined_by_reason, sort_keys=True),
        "blanked_by_reason": json.dumps(account.blanked_by_reason, sort_keys=True),
    }
    row = engine.memtable(
        {name: [value] for name, value in values.items()}, {c.name: c.type.ibis for c in ROW_ACCOUNTING_COLUMNS}
    )
    engine.replace_slice(tables.ROW_ACCOUNTING, row, {"as_of": as_of, "source": account.source})
