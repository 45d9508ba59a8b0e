"""Which keys of a source must be judged again, when the last run's judgement may be built on."""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.clean.exchange import names_currency
from segmentation_pipeline.clean.validate import TOO_FAR, days_ahead, end_of_day
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.sources import Source
from segmentation_pipeline.engine.base import Engine


def touched_keys(
    engine: Engine, source: Source, config: Config, as_of: date, changes: ChangeSet, received: ir.Table | None
) -> ir.Table | None:
    """The natural keys (null where a part of one is missing) of all rows whose judgement may differ; None: of all rows.

    Keys of rows received that came or went (``received``; None: all of them may have); of rows that
    refer to something that came, went or changed; and of rows on which the two days differ.
    """
    keys = list(source.natural_key)
    references = config.references(source)
    referred = changes.all_touched(*(tables.clean(reference.to_source) for reference in references))
    if received is None or referred is None or _other_rates(engine, source, config, changes):
        return None
    validated = engine.table(tables.validated(source.name))
    found = [received.select(keys)]
    found += [
        validated.semi_join(touched, validated[reference.column] == touched[reference.to_column]).select(keys)
        for reference, touched in zip(references, referred, strict=True)
    ]
    by_the_day = _by_the_day(validated, source, config, *changes.span(as_of))
    # Rows without a whole key are few; each belongs to no key that could be found by the above.
    needed = [key for key in keys if source.column(key).required]
    keyless = reduce(ir.BooleanValue.__or__, (validated[key].isnull() for key in needed))
    found.append(validated.filter(by_the_day | keyless).select(keys))
    return ibis.union(*(keys_of.cast(dict(validated.select(keys).schema())) for keys_of in found), distinct=True)


def _other_rates(engine: Engine, source: Source, config: Config, changes: ChangeSet) -> bool:
    """Whether exchange rates may have changed: then every row's amounts may have."""
    if not (config.has("exchange_rates") and names_currency(source, config)):
        return False
    touched = changes.touched(tables.clean("exchange_rates"))
    return touched is None or engine.count(touched) > 0


def _by_the_day(validated: ir.Table, source: Source, config: Config, earlier: date, later: date) -> ir.BooleanValue:
    """Rows that one of the two days takes for known, or for too far ahead, and the other does not."""
    differs = validated._faults.contains(TOO_FAR).fill_null(False)
    if earlier == later:
        return differs
    if source.event_time:
        differs = differs | ((validated.event_date > earlier) & (validated.event_date <= later)).fill_null(False)
    # A correction made, and a value filled in, between the days.
    for name in dict.fromkeys((*filter(None, (source.version,)), *(name for c in source.columns for name in c.known_at))):
        zone, known = config.pipeline.business.zone, validated[name]
        between = (known >= end_of_day(earlier, zone)) & (known < end_of_day(later, zone))
        differs = differs | between.fill_null(False)
    for column in source.columns:
        if column.type in (Type.INSTANT, Type.DAY):
            ahead = days_ahead(column, config.pipeline.quality)
            first, last = (ibis.literal(day + timedelta(days=ahead + 1)) for day in (earlier, later))
            value = validated[column.name]
            differs = differs | ((value >= first.cast(value.type())) & (value < last.cast(value.type()))).fill_null(False)
    return differs
