"""Raw rows to judged rows, of which the clean ones are a view, and to quarantine.

Every row is kept once, typed and judged, in ``validated``; ``clean`` shows those that count.  When
the last run's judgement may be built on, only rows whose key is dirty are judged again.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.change_set import EVERYTHING, ChangeSet
from segmentation_pipeline.clean.account import Accounting, account, record
from segmentation_pipeline.clean.copies import Files, superseded
from segmentation_pipeline.clean.derive import orders_from_items
from segmentation_pipeline.clean.dirty import dirty_keys
from segmentation_pipeline.clean.exchange import converted
from segmentation_pipeline.clean.negatives import with_negatives_told
from segmentation_pipeline.clean.nobodys_lines import may_be_nobodys, of_the_same_orders, with_nobodys_told
from segmentation_pipeline.clean.validate import OwnRules, Referred, end_of_day, validate
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.source_tables import is_referred_to
from segmentation_pipeline.contracts.sources import Reference, Source
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.values.fingerprint import fingerprint_of
from segmentation_pipeline.values.ledger_words import GRANTED, UNKNOWN, channel_granted, purpose_meant
from segmentation_pipeline.values.standardise import NUMBERS, TYPED, standard_text, standardise
from segmentation_pipeline.values.states import ACCEPTED, ANONYMOUS, CLEAN, FUTURE_DATED, REJECTED


def clean_source(engine: Engine, name: str, config: Config, as_of: date, changes: ChangeSet = EVERYTHING) -> Accounting:
    """Bring ``clean.<name>``, its quarantine and its ``row_accounting`` to the day; return the account.

    Needs ``raw.<name>`` (or, for derived orders, the validated ``order_items``) and the clean tables the
    source refers to.  Notes in ``changes`` the keys whose rows came, went or changed.
    """
    source = config.contract(name)
    keys = list(source.natural_key)
    rows = _Judge(engine, source, config, as_of)
    files = Files.of(engine, name)
    dirty = dirty_keys(engine, source, config, as_of, changes, _came_or_went(engine, source, config, changes))
    if dirty is None:
        engine.write(tables.validated(name), rows.of(_typed(engine, source, config, _received(engine, name, config))))
        validated = engine.table(tables.validated(name))
        accepted = validated.filter(validated._state.isin(ACCEPTED))
        counts = accepted.group_by(keys).agg(copies=accepted.count())
        # Keys that come once, nearly all, never meet the window function.
        with engine.staged(counts.filter(counts.copies > 1).select(keys)) as repeated:
            if engine.count(repeated):
                copies = _semi_join(validated, repeated, source.natural_key)
                engine.replace_keys(tables.validated(name), superseded(engine, copies, source, files), repeated)
        if may_be_nobodys(source, config):
            with engine.staged(with_nobodys_told(engine, engine.table(tables.validated(name)), config)) as lines:
                engine.write(tables.validated(name), lines)
    else:
        if may_be_nobodys(source, config):
            dirty = of_the_same_orders(engine.table(tables.validated(name)), dirty)
        with engine.staged(dirty) as staged, engine.staged(_typed_of(engine, source, config, staged)) as typed:
            _validate_again(engine, source, config, rows, typed, staged, files)
        changes.note(tables.clean(name), engine.table(tables.dirty_keys(name)))
    validated = engine.table(tables.validated(name))
    _show(engine, source, validated, end_of_day(as_of, config.pipeline.business.zone))
    malformed = _malformed(engine, name, config)
    rejected = validated.filter(validated._state == REJECTED)
    _write_quarantine(engine, source, _received(engine, name, config, rejected), rejected, malformed)
    found = account(engine, source, _received(engine, name, config), malformed, files)
    record(engine, found, as_of)
    return found


class _Judge:
    """Judges typed rows of one source for one day."""

    def __init__(self, engine: Engine, source: Source, config: Config, as_of: date) -> None:
        self._source, self._as_of = source, as_of
        self._quality, self._zone = config.pipeline.quality, config.pipeline.business.zone
        self._referred = _referred(engine, source, config)
        self._own_rules = _grants_nobody_knows(config) if source.name == "consents" else None

    def of(self, typed: ir.Table) -> ir.Table:
        """A row of ``validated`` for each row of ``typed``; of several with one key none is superseded yet."""
        source = self._source
        judgement = validate(typed, source, self._as_of, self._quality, self._referred, self._zone, self._own_rules)
        values = {column.name: _blanked(judgement, column) for column in source.columns}
        if source.event_time:
            values["event_date"] = ibis.ifelse(values[source.event_time].isnull(), ibis.null("date"), judgement.event_date)
        rejected = judgement._reasons != ""
        return judgement.select(
            **values,
            _file=judgement._file,
            _row=judgement._row,
            _faults=ibis.ifelse(rejected, judgement._reasons, judgement._blanked.nullif("")),
            _state=ibis.cases(
                (rejected, REJECTED), (judgement._future_dated, FUTURE_DATED), (judgement._nobodys, ANONYMOUS), else_=CLEAN
            ).cast("int8"),
        )


def _grants_nobody_knows(config: Config) -> OwnRules:
    """A grant must name a channel and a purpose that are declared; a withdrawal counts for all it could mean."""

    def faults(typed: ir.Table) -> list[tuple[str, ir.BooleanValue]]:
        given = typed[TYPED + "status"] == GRANTED
        channel = channel_granted(typed[TYPED + "channel"]) == UNKNOWN
        purpose = purpose_meant(typed[TYPED + "purpose"], config.privacy.purposes) == UNKNOWN
        return [("not_allowed:channel", given & channel), ("not_allowed:purpose", given & purpose)]

    return faults


def _validate_again(
    engine: Engine, source: Source, config: Config, rows: _Judge, typed: ir.Table, dirty: ir.Table, files: Files
) -> None:
    """Judge the rows of the dirty keys again and keep the keys of what they were and are."""
    stored = engine.table(tables.validated(source.name))
    named = [column.name for column in source.columns if column.is_key or column.name in source.natural_key]
    before = _semi_join(stored, dirty, source.natural_key).select(named)
    with ExitStack() as held:
        before = held.enter_context(engine.staged(before))
        fresh = held.enter_context(engine.staged(superseded(engine, rows.of(typed), source, files)))
        if may_be_nobodys(source, config):
            fresh = held.enter_context(engine.staged(with_nobodys_told(engine, fresh, config)))
        engine.replace_keys(tables.validated(source.name), fresh, dirty)
        engine.write(tables.dirty_keys(source.name), before.union(fresh.select(named), distinct=True))


def _came_or_went(engine: Engine, source: Source, config: Config, changes: ChangeSet) -> ir.Table | None:
    """The keys of the rows received that came or went; None when all of them may have."""
    if origin := config.sources[source.name].derive_from:
        return changes.dirty(tables.clean(origin))
    rows = changes.dirty(tables.raw(source.name))
    if rows is None:
        return None
    typed = _typed(engine, source, config, rows)
    return typed.select(**{key: typed[TYPED + key] for key in source.natural_key})


def _typed(engine: Engine, source: Source, config: Config, received: ir.Table) -> ir.Table:
    """Rows received with their typed values; derived ones come from clean rows, whose instants are UTC already."""
    mapping = config.sources[source.name]
    if mapping.derive_from:
        mapping = mapping.model_copy(update={"timezone": "UTC"})
    typed = converted(engine, standardise(engine, received, source, mapping, config.pipeline.business), source, config)
    return with_negatives_told(typed, source, mapping)


def _typed_of(engine: Engine, source: Source, config: Config, keys: ir.Table) -> ir.Table:
    """The rows received of these keys, typed; only rows whose key is as good in text are typed at all."""
    received, mapping = _received(engine, source.name, config, keys), config.sources[source.name]
    texts = [source.column(key) for key in source.natural_key if source.column(key).type is Type.TEXT]
    if not mapping.derive_from and texts:
        names = {c.name: standard_text(received, c, source, mapping, config.pipeline.business) for c in texts}
        received = received.semi_join(keys, [text.identical_to(keys[name]) for name, text in names.items()])
    typed = _typed(engine, source, config, received)
    return typed.semi_join(keys, [typed[TYPED + key].identical_to(keys[key]) for key in source.natural_key])


def _semi_join(table: ir.Table, keys: ir.Table, names: tuple[str, ...]) -> ir.Table:
    return table.semi_join(keys, [table[name].identical_to(keys[name]) for name in names])


def _show(engine: Engine, source: Source, validated: ir.Table, end: ir.TimestampScalar) -> None:
    """``clean`` without personal data, ``pii`` with it, and the keys that are known only later than ``end``."""
    name, keys = source.name, list(source.natural_key)
    clean = shown(validated.filter(validated._state == CLEAN), source, end)
    engine.view(tables.clean(name), clean.drop(*source.pii_columns))
    if source.pii_columns:
        engine.view(tables.pii(name), clean.select(*dict.fromkeys([*keys, *source.pii_columns, "_file", "_row"])))
    if is_referred_to(name):
        waiting = validated.filter(validated._state == FUTURE_DATED).select(keys).distinct()
        accepted = validated.filter(validated._state.isin(ACCEPTED))
        known = accepted.semi_join(waiting, keys).select(keys)
        engine.write(tables.future_dated(name), waiting.anti_join(known, keys))


def shown(validated: ir.Table, source: Source, end: ir.TimestampScalar) -> ir.Table:
    """Judged rows that count as the clean table has them, with what was known of them before ``end``."""
    clean = validated.drop("_faults", "_state")
    return clean.mutate(**{column.name: _known(clean, column, end) for column in source.columns if column.known_at})


def _known(clean: ir.Table, column: Column, end: ir.TimestampScalar) -> ir.Value:
    """The column's value where it was known before ``end``: a row may go on being filled in after it happened."""
    since = ibis.coalesce(*(clean[name] for name in column.known_at))
    value = clean[column.name]
    return ibis.ifelse(since < end, value, ibis.null(value.type()))


def _received(engine: Engine, name: str, config: Config, of: ir.Table | None = None) -> ir.Table:
    """The source's rows as received; at least those of the keys in ``of``."""
    if not config.sources[name].derive_from:
        return engine.table(tables.raw(name))
    items = engine.table(tables.validated("order_items"))
    items = items.filter(items._state.isin(ACCEPTED))
    return orders_from_items(items if of is None else items.semi_join(of, "order_id"))


def _malformed(engine: Engine, name: str, config: Config) -> ir.Table:
    """Records that could not be split into columns: _file, _row, reason, line."""
    if config.sources[name].derive_from:
        nothing = {"_row": "int64", "reason": "string", "line": "string", "_file": "string"}
        return engine.memtable({column: [] for column in nothing}, nothing)
    return engine.table(tables.malformed(name))


def _referred(engine: Engine, source: Source, config: Config) -> dict[Reference, Referred]:
    return {reference: _known_to(engine, reference, config) for reference in config.references(source)}


def _known_to(engine: Engine, reference: Reference, config: Config) -> Referred:
    known = engine.table(tables.clean(reference.to_source))
    future_dated = engine.table(tables.future_dated(reference.to_source))
    if reference.to_source == "customers" and engine.has(tables.RETURNED_CUSTOMERS):
        # Erased once: their old record stays out, what they do now counts.
        listed = known.select("customer_id")
        returned = engine.table(tables.RETURNED_CUSTOMERS).select("customer_id").distinct()
        known = listed.union(returned.anti_join(listed, "customer_id").anti_join(future_dated, "customer_id"))
    if reference.to_source == "customers" or not config.sources[reference.to_source].anonymous:
        return Referred(known, future_dated)  # a customer who is nobody has no key
    validated = engine.table(tables.validated(reference.to_source))
    return Referred(known, future_dated, validated.filter(validated._state == ANONYMOUS))


def _blanked(table: ir.Table, column: Column) -> ir.Value:
    value = table[TYPED + column.name]
    has_rules = column.minimum is not None or column.maximum is not None or column.allowed
    if column.required or column.decides or not (has_rules or column.type in (Type.INSTANT, Type.DAY, *NUMBERS)):
        return value
    # Rejected rows keep their values: what is blanked may differ by day, and their reasons do not say what was.
    counts = (table._reasons == "") & (table._blanked != "")
    broken = counts & (";" + table._blanked + ";").contains(f":{column.name};")
    return ibis.ifelse(broken, ibis.null(value.type()), value)


def _write_quarantine(engine: Engine, source: Source, received: ir.Table, rejected: ir.Table, malformed: ir.Table) -> None:
    """Rejected rows as received (text), with file, row, all reasons and a fingerprint, then malformed records."""
    found = received.inner_join(rejected.select("_file", "_row", "_faults"), ["_file", "_row"])
    values = {column.name: found[column.name].cast("string") for column in source.columns}
    rows = found.select(**values, line=ibis.null("string"), reasons=found._faults, _file=found._file, _row=found._row)
    rows = rows.mutate(fingerprint=fingerprint_of([rows[column.name] for column in source.columns]))
    nothing = {column.name: ibis.null("string") for column in source.columns}
    lines = malformed.select(**nothing, line=malformed.line, reasons=malformed.reason, _file=malformed._file, _row=malformed._row)
    lines = lines.mutate(fingerprint=fingerprint_of([lines.line]))
    everything = rows.union(lines)
    if source.pii_columns:
        engine.write(tables.quarantine_with_pii(source.name), everything)
        everything = engine.table(tables.quarantine_with_pii(source.name)).drop(*source.pii_columns, "line")
    engine.write(tables.quarantine(source.name), everything)
