"""Checks that are no row's fault: how much was quarantined, how much arrived, how fresh it is.

They are computed in the engine, without Great Expectations, and reported like every other rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.clean.account import NOT_LOOKED_AT, PARTS
from segmentation_pipeline.config.schema import Config, QualityConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.quality.answers import ANSWERS, answers, answers_rule
from segmentation_pipeline.quality.cancellations import CANCELLATIONS, cancellation_rules, cancellations
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.copies import COPIES, copies_agree, copies_rule
from segmentation_pipeline.quality.guests import GUESTS, guests, guests_rule
from segmentation_pipeline.quality.key_spelling import KEY_SPELLING, key_spelling, key_spelling_rule
from segmentation_pipeline.quality.quarantined import where_to_look
from segmentation_pipeline.quality.refusals import unknown_words, why_blanked, why_refused
from segmentation_pipeline.quality.result import RuleResult, could_not_check, table_result
from segmentation_pipeline.quality.unmatched_lookups import LOOKUPS, lookup_rules, lookups_found
from segmentation_pipeline.values.states import ACCEPTED

_ACCOUNTING, _QUARANTINED, _BLANKED = "row_accounting", "quarantined_share", "blanked_share"
_WORDS, _VOLUME, _FRESHNESS = "words", "daily_volume", "freshness"
_ENOUGH = 5
"""Fewer blanked values than this are told and stop nothing."""


def threshold_rules(config: Config) -> dict[str, tuple[Check, ...]]:
    """The threshold rules by clean table; names do not meet those of ``rules_for``."""
    quality = config.pipeline.quality
    rules: dict[str, tuple[Check, ...]]
    rules = {
        tables.clean(name): (
            _accounting_rule(name),
            _quarantined_rule(name, _max_share(quality, name)),
            _blanked_rule(name, quality.max_blanked_share),
            *copies_rule(config, name),
            *cancellation_rules(config, name),
            *lookup_rules(config, name),
            *guests_rule(name),
            *_words_rule(name),
            *(() if config.sources[name].derive_from else (key_spelling_rule(name),)),
            *((answers_rule(name),) if config.privacy.answers_for(name) else ()),
        )
        for name in config.cleaning_order
    }
    orders = tables.clean("orders")
    rules[orders] = (*rules[orders], _volume_rule(orders, quality), _freshness_rule(orders, quality))
    return rules


def check_thresholds(engine: Engine, config: Config, source: str, as_of: date) -> list[RuleResult]:
    """The threshold rules of one source on the day, in the order of ``threshold_rules``."""
    judges: dict[str, Callable[[Check], RuleResult]] = {
        _ACCOUNTING: lambda rule: _accounting(engine, rule, as_of),
        _QUARANTINED: lambda rule: _quarantined(engine, config, rule, as_of),
        _BLANKED: lambda rule: _blanked(engine, config, rule, as_of),
        ANSWERS: lambda rule: answers(engine, rule, config.privacy.answers_for(source)),
        COPIES: lambda rule: copies_agree(engine, rule),
        GUESTS: lambda rule: guests(engine, rule),
        LOOKUPS: lambda rule: lookups_found(engine, config, rule),
        CANCELLATIONS: lambda rule: cancellations(engine, rule),
        _WORDS: lambda rule: _words(engine, rule, as_of),
        KEY_SPELLING: lambda rule: key_spelling(engine, rule, config.has("customers")),
        _VOLUME: lambda rule: _volume(engine, config.pipeline.quality, rule, as_of),
        _FRESHNESS: lambda rule: _freshness(engine, rule, as_of),
    }
    return [judges[rule.expectation](rule) for rule in threshold_rules(config)[tables.clean(source)]]


def _max_share(quality: QualityConfig, source: str) -> float:
    return quality.max_quarantined_share_by_source.get(source, quality.max_quarantined_share)


def _accounting_rule(source: str) -> Check:
    return Check(
        name="rows_add_up",
        table=tables.clean(source),
        expectation=_ACCOUNTING,
        arguments={"source": source},
        severity="error",
        description=f"records read must be {' + '.join(PARTS)}",
        catches="A row that was lost or counted twice on its way; nothing is ever dropped.",
    )


def _quarantined_rule(source: str, limit: float) -> Check:
    return Check(
        name="quarantined_share_in_limit",
        table=tables.clean(source),
        expectation=_QUARANTINED,
        arguments={"max_share": limit, "source": source},
        severity="error",
        description=f"at most {limit:.2%} of the records read may be quarantined",
        catches="A delivery that is broken as a whole, for example a changed column or date format.",
    )


def _blanked_rule(source: str, limit: float) -> Check:
    return Check(
        name="blanked_share_in_limit",
        table=tables.clean(source),
        expectation=_BLANKED,
        arguments={"max_share": limit, "source": source},
        severity="error",
        description=f"at most {limit:.2%} of the values of an optional column may be unreadable or out of bounds",
        catches="A column whose format changed: its values would be taken for unknown.",
    )


def _words_rule(source: str) -> tuple[Check, ...]:
    deciding = [column.name for column in SOURCES[source].columns if column.decides and column.allowed]
    if not deciding:
        return ()
    return (
        Check(
            name="words_are_known",
            table=tables.clean(source),
            expectation=_WORDS,
            arguments={"source": source},
            severity="warning",
            description=f"every word in {', '.join(deciding)} should have a meaning",
            catches="A word the shop began to use: rows that have it are refused until sources.yaml says what it means.",
        ),
    )


def _volume_rule(table: str, quality: QualityConfig) -> Check:
    return Check(
        name="daily_volume_in_limits",
        table=table,
        expectation=_VOLUME,
        severity="warning",
        arguments={
            "window_days": quality.volume_window_days,
            "min_ratio": quality.min_volume_ratio,
            "max_ratio": quality.max_volume_ratio,
        },
        description=(
            f"the orders of the day must be {quality.min_volume_ratio:g} to {quality.max_volume_ratio:g} times "
            f"the daily mean of the {quality.volume_window_days} days before"
        ),
        catches="A file that is missing, cut off or delivered twice.",
    )


def _freshness_rule(table: str, quality: QualityConfig) -> Check:
    return Check(
        name="newest_order_is_fresh",
        table=table,
        expectation=_FRESHNESS,
        arguments={"max_days": quality.freshness_days},
        severity="warning",
        description=f"the newest order must be at most {quality.freshness_days} days older than as_of",
        catches="A delivery that stopped without an error.",
    )


def _account(engine: Engine, rule: Check, as_of: date) -> dict[str, Any] | None:
    """The day's row accounting of the rule's source."""
    if not engine.has(tables.ROW_ACCOUNTING):
        return None
    account = engine.table(tables.ROW_ACCOUNTING)
    found = engine.rows(account.filter(account.as_of == as_of, account.source == str(rule.arguments["source"])).limit(2))
    return found[0] if found else None


def _not_accounted(rule: Check, as_of: date) -> RuleResult:
    source = rule.arguments["source"]
    return could_not_check(rule, 0, f"{tables.ROW_ACCOUNTING} has no row for {source} on {as_of}; was it cleaned?")


def _accounting(engine: Engine, rule: Check, as_of: date) -> RuleResult:
    account = _account(engine, rule, as_of)
    if account is None:
        return _not_accounted(rule, as_of)
    read = int(account["read"])
    parts = {name: int(account[name]) for name in PARTS}
    told = " + ".join(f"{rows} {name}" for name, rows in parts.items() if rows or name not in ("anonymous", *NOT_LOOKED_AT))
    return table_result(rule, read == sum(parts.values()), read, f"{read} read, {told} = {sum(parts.values())}")


def _quarantined(engine: Engine, config: Config, rule: Check, as_of: date) -> RuleResult:
    account = _account(engine, rule, as_of)
    if account is None:
        return _not_accounted(rule, as_of)
    source = str(rule.arguments["source"])
    read, quarantined = _looked_at(account), int(account["quarantined"])
    share = quarantined / read if read else 0.0
    passed = share <= _max_share(config.pipeline.quality, source)
    seen = f"{share:.2%} ({quarantined} of {read} records)"
    why = "" if passed else f": {why_refused(engine, config, source)}. {where_to_look(source)}"
    message = f"{rule.table}: {rule.description}: found {seen}{why}"
    return RuleResult(rule, passed, read, quarantined, round(share, 6), seen, (), message)


def _blanked(engine: Engine, config: Config, rule: Check, as_of: date) -> RuleResult:
    account = _account(engine, rule, as_of)
    if account is None:
        return _not_accounted(rule, as_of)
    source, clean = str(rule.arguments["source"]), int(account["clean"])
    blanked: dict[str, int] = {}
    for reason, values in json.loads(str(account["blanked_by_reason"])).items():
        column = reason.partition(":")[2]
        blanked[column] = blanked.get(column, 0) + values
    if not blanked:
        return RuleResult(rule, True, clean, 0, 0.0, None, (), f"{rule.table}: {rule.description}: nothing was blanked")
    rows = engine.table(tables.validated(source))
    rows = rows.filter(rows._state.isin(ACCEPTED))
    [filled] = engine.rows(rows.agg(**{column: rows[column].count() for column in blanked}))
    shares = {column: values / (values + int(filled[column])) for column, values in blanked.items()}
    too_many = [c for c, share in shares.items() if share > config.pipeline.quality.max_blanked_share and blanked[c] >= _ENOUGH]
    column = max(too_many or blanked, key=lambda name: (shares[name], name))
    seen = ", ".join(f"{shares[c]:.2%} of {c} ({blanked[c]} values)" for c in sorted(too_many or blanked))
    why = f": {why_blanked(engine, config, source, too_many)}" if too_many else ""
    message = f"{rule.table}: {rule.description}: found {seen}{why}"
    return RuleResult(rule, not too_many, clean, sum(blanked.values()), round(shares[column], 6), seen, (), message)


def _words(engine: Engine, rule: Check, as_of: date) -> RuleResult:
    source = str(rule.arguments["source"])
    account = _account(engine, rule, as_of)
    if account is None:
        return _not_accounted(rule, as_of)
    refused = "not_allowed" in str(account["quarantined_by_reason"])
    told = unknown_words(engine, SOURCES[source]) if refused else None
    return table_result(rule, told is None, _looked_at(account), told)


def _looked_at(account: Mapping[str, Any]) -> int:
    """The records read, but for those that are counted and not looked at."""
    return int(account["read"]) - sum(int(account[name]) for name in NOT_LOOKED_AT)


def _volume(engine: Engine, quality: QualityConfig, rule: Check, as_of: date) -> RuleResult:
    if not engine.has(rule.table):
        return could_not_check(rule, 0, "the table does not exist; was the step before it run?")
    days = quality.volume_window_days
    start = as_of - timedelta(days=days)
    orders = _shops_orders(engine, rule)
    [counts] = engine.rows(
        orders.aggregate(
            first=orders.event_date.min(),
            today=(orders.event_date == as_of).sum(),
            before=((orders.event_date >= start) & (orders.event_date < as_of)).sum(),
        )
    )
    today, before = int(counts["today"] or 0), int(counts["before"] or 0)
    if counts["first"] is None or _day(counts["first"]) > start:
        return _no_comparison(rule, today, f"less than {days} days of orders before {as_of}")
    if before == 0:
        return _no_comparison(rule, today, f"no orders at all in the {days} days before {as_of}")
    ratio = today * days / before
    seen = f"{today} orders on {as_of}, {ratio:.2f} times the mean of {before / days:.1f}"
    return table_result(rule, quality.min_volume_ratio <= ratio <= quality.max_volume_ratio, today, seen)


def _no_comparison(rule: Check, today: int, reason: str) -> RuleResult:
    """Nothing to compare with is no fault; the message says that nothing was compared."""
    return RuleResult(rule, True, today, 0, 0.0, None, (), f"{rule.table}: {rule.description}: not compared, {reason}")


def _freshness(engine: Engine, rule: Check, as_of: date) -> RuleResult:
    if not engine.has(rule.table):
        return could_not_check(rule, 0, "the table does not exist; was the step before it run?")
    orders = _shops_orders(engine, rule)
    [found] = engine.rows(orders.aggregate(newest=orders.event_date.max(), rows=ibis._.count()))
    rows = int(found["rows"])
    if found["newest"] is None:
        return table_result(rule, False, rows, "no order at all")
    age = (as_of - _day(found["newest"])).days
    return table_result(
        rule, age <= int(str(rule.arguments["max_days"])), rows, f"{_day(found['newest'])}, {age} days before {as_of}"
    )


def _shops_orders(engine: Engine, rule: Check) -> ir.Table:
    """The accepted orders, those that belong to nobody included."""
    if not engine.has(tables.validated("orders")):
        return engine.table(rule.table)
    validated = engine.table(tables.validated("orders"))
    return validated.filter(validated._state.isin(ACCEPTED))


def _day(value: object) -> date:
    assert isinstance(value, date)
    return value
