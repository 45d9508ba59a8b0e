"""Amounts in other currencies: converted by a rate that somebody gave, or refused; never taken for the base currency."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.sources import Source
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.values.standardise import TYPED

NO_RATE = "no_exchange_rate"
"""Reason of rows in a currency nobody gave a rate for on their day."""

FOREIGN = "foreign_currency"
"""Column beside the typed values: the row's amounts are not in the base currency, and not converted."""

_RATE = "decimal(20, 9)"


def converted(engine: Engine, typed: ir.Table, source: Source, config: Config) -> ir.Table:
    """``typed`` with all money in the base currency, the rate that was used, and ``foreign_currency`` where there is none.

    The rate is the row's own, else that of source ``exchange_rates`` on the row's day (the latest given up to then), else the
    one in ``business.exchange_rates``.
    """
    if not names_currency(source, config):
        return typed
    business = config.pipeline.business
    currency = typed[TYPED + "currency"].upper()
    foreign = (currency.notnull() & (currency != business.currency)).fill_null(False)
    rows = typed.mutate(**{TYPED + "currency": currency, FOREIGN: foreign})
    rates = [rows[TYPED + "exchange_rate"].cast(_RATE)]
    if config.has("exchange_rates"):
        rows = _with_rate_of_day(engine, rows)
        rates = [rows[TYPED + "exchange_rate"].cast(_RATE), rows.rate_of_day.cast(_RATE)]
    fixed = [
        (rows[TYPED + "currency"] == name, ibis.literal(str(rate)).cast(_RATE)) for name, rate in business.exchange_rates.items()
    ]
    if fixed:
        rates.append(ibis.cases(*fixed))
    rate = ibis.ifelse(rows[FOREIGN], ibis.coalesce(*rates), ibis.null(_RATE))
    rows = rows.mutate(_rate=rate)
    money = {
        TYPED + column.name: ibis.ifelse(
            rows._rate.isnull(), rows[TYPED + column.name], (rows[TYPED + column.name] * rows._rate).cast(Type.MONEY.ibis)
        )
        for column in source.columns
        if column.type is Type.MONEY
    }
    used = {TYPED + "exchange_rate": rows._rate.cast("float64"), FOREIGN: rows[FOREIGN] & rows._rate.isnull()}
    return rows.mutate(**money, **used).drop("_rate", *(["rate_of_day"] if config.has("exchange_rates") else []))


def names_currency(source: Source, config: Config) -> bool:
    """Whether rows of a source may say in which currency they are."""
    mapping = config.sources[source.name]
    return "exchange_rate" in source.names and not mapping.derive_from and (not mapping.columns or "currency" in mapping.columns)


def _with_rate_of_day(engine: Engine, rows: ir.Table) -> ir.Table:
    """``rows`` with ``rate_of_day``, null where there is none."""
    given = engine.table(tables.clean("exchange_rates")).select("currency", "day", "rate")
    following = given.day.lead().over(group_by=given.currency.upper(), order_by=[given.day, given.rate])
    known = given.select(of_currency=given.currency.upper(), first=given.day, until=following, rate_of_day=given.rate)
    holds = [
        rows[TYPED + "currency"] == known.of_currency,
        rows.event_date >= known["first"],
        (rows.event_date < known.until) | known.until.isnull(),
    ]
    return rows.left_join(known, holds).drop("of_currency", "first", "until")
