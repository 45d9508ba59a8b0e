"""Checks that are no row's fault: how much was quarantined, how much arrived, how fresh it is.

They are computed in the engine, without Great Expectations, and reported like every other rule.
"""

from __future__ import annotations

from datetime import date, timedelta

import ibis

from segmentation_pipeline.config.schema import Config, QualityConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.quality.answers import ANSWERS, answers, answers_of, answers_rule
from segmentation_pipeline.quality.key_spelling import KEY_SPELLING, key_spelling, key_spelling_rule
from segmentation_pipeline.quality.result import RuleResult, could_not_check, table_result
from segmentation_pipeline.quality.rule import Rule

_ACCOUNTING, _QUARANTINED, _VOLUME, _FRESHNESS = "row_accounting", "quarantined_share", "daily_volume", "freshness"


def threshold_rules(config: Config) -> dict[str, tuple[Rule, ...]]:
    """The threshold rules by clean table; names do not meet those of ``rules_for``."""
    quality = config.pipeline.quality
    rules: dict[str, tuple[Rule, ...]]
    rules = {
        tables.clean(name): (
            _accounting_rule(name),
            _quarantined_rule(name, _max_share(quality, name)),
            *(() if config.sources[name].derive_from else (key_spelling_rule(name),)),
            *((answers_rule(name),) if answers_of(config, name) else ()),
        )
        for name in config.cleaning_order
    }
    orders = tables.clean("orders")
    rules[orders] = (*rules[orders], _volume_rule(orders, quality), _freshness_rule(orders, quality))
    return rules


def check_thresholds(engine: Engine, config: Config, source: str, as_of: date) -> list[RuleResult]:
    """The threshold rules of one source on the day, in the order of ``threshold_rules``."""
    judges = {_ACCOUNTING: _accounting, _QUARANTINED: _quarantined, _VOLUME: _volume, _FRESHNESS: _freshness}

    def judged(rule: Rule) -> RuleResult:
        if rule.expectation == KEY_SPELLING:
            return key_spelling(engine, rule, config.has("customers"))
        if rule.expectation == ANSWERS:
            return answers(engine, rule, answers_of(config, source))
        return judges[rule.expectation](engine, config.pipeline.quality, rule, as_of)

    return [judged(rule) for rule in threshold_rules(config)[tables.clean(source)]]


def _max_share(quality: QualityConfig, source: str) -> float:
    return quality.max_quarantined_share_by_source.get(source, quality.max_quarantined_share)


def _accounting_rule(source: str) -> Rule:
    return Rule(
        name="rows_add_up",
        table=tables.clean(source),
        expectation=_ACCOUNTING,
        arguments={"source": source},
        severity="error",
        description="records read must be clean + quarantined + superseded + later + erased + expired",
        catches="A row that was lost or counted twice on its way; nothing is ever dropped.",
    )


def _quarantined_rule(source: str, limit: float) -> Rule:
    return Rule(
        name="quarantined_share_in_limit",
        table=tables.clean(source),
        expectation=_QUARANTINED,
        arguments={"max_share": limit, "source": source},
        severity="error",
        description=f"at most {limit:.2%} of the records read may be quarantined",
        catches="A delivery that is broken as a whole, for example a changed column or date format.",
    )


def _volume_rule(table: str, quality: QualityConfig) -> Rule:
    return Rule(
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


def _freshness_rule(table: str, quality: QualityConfig) -> Rule:
    return Rule(
        name="newest_order_is_fresh",
        table=table,
        expectation=_FRESHNESS,
        arguments={"max_days": quality.freshness_days},
        severity="warning",
        description=f"the newest order must be at most {quality.freshness_days} days older than as_of",
        catches="A delivery that stopped without an error.",
    )


_TOLD = 3
_NOT_TAKEN_IN = ("erased", "expired")
"""Records that are counted and not looked at."""


def _account(engine: Engine, rule: Rule, as_of: date) -> dict[str, object] | None:
    """The day's row accounting of the rule's source."""
    if not engine.has(tables.ROW_ACCOUNTING):
        return None
    account = engine.table(tables.ROW_ACCOUNTING)
    found = engine.rows(account.filter(account.as_of == as_of, account.source == str(rule.arguments["source"])).limit(2))
    return found[0] if found else None


def _not_accounted(rule: Rule, as_of: date) -> RuleResult:
    source = rule.arguments["source"]
    return could_not_check(rule, 0, f"{tables.ROW_ACCOUNTING} has no row for {source} on {as_of}; was it cleaned?")


def _accounting(engine: Engine, quality: QualityConfig, rule: Rule, as_of: date) -> RuleResult:
    account = _account(engine, rule, as_of)
    if account is None:
        return _not_accounted(rule, as_of)
    read = int(str(account["read"]))
    parts = {name: int(str(account[name])) for name in ("clean", "quarantined", "superseded", "later", *_NOT_TAKEN_IN)}
    told = " + ".join(f"{rows} {name}" for name, rows in parts.items() if rows or name not in _NOT_TAKEN_IN)
    return table_result(rule, read == sum(parts.values()), read, f"{read} read, {told} = {sum(parts.values())}")


def _quarantined(engine: Engine, quality: QualityConfig, rule: Rule, as_of: date) -> RuleResult:
    account = _account(engine, rule, as_of)
    if account is None:
        return _not_accounted(rule, as_of)
    source = str(rule.arguments["source"])
    read = int(str(account["read"])) - sum(int(str(account[name])) for name in _NOT_TAKEN_IN)
    quarantined = int(str(account["quarantined"]))
    share = quarantined / read if read else 0.0
    passed = share <= _max_share(quality, source)
    seen = f"{share:.2%} ({quarantined} of {read} records)"
    advice = "" if passed else _refused(engine, source)
    message = f"{rule.table}: {rule.description}: found {seen}{advice}"
    return RuleResult(rule, passed, read, quarantined, round(share, 6), seen, (), message)


def _refused(engine: Engine, source: str) -> str:
    """Where the first refused rows are and why, and what to do."""
    table = tables.quarantine(source)
    rows = engine.rows(engine.table(table).order_by("_file", "_row").limit(_TOLD)) if engine.has(table) else []
    first = "; ".join(f"{row['_file']}, record {row['_row']}: {row['reasons']}" for row in rows)
    where = f". Rows and reasons are in {table}" + (f", the first: {first}" if first else "")
    return (
        f"{where}. Correct them in the file; or, when so many are to be refused, raise "
        f"quality.max_quarantined_share_by_source.{source} in pipeline.yaml"
    )


def _volume(engine: Engine, quality: QualityConfig, rule: Rule, as_of: date) -> RuleResult:
    if not engine.has(rule.table):
        return could_not_check(rule, 0, "the table does not exist; was the step before it run?")
    days = quality.volume_window_days
    start = as_of - timedelta(days=days)
    orders = engine.table(rule.table)
    [counts] = engine.rows(
        orders.aggregate(
            first=orders.event_date.min(),
            today=(orders.event_date == as_of).sum(),
            before=((orders.event_date >= start) & (orders.event_date < as_of)).sum(),
        )
    )
    today, before = int(str(counts["today"] or 0)), int(str(counts["before"] or 0))
    if counts["first"] is None or _day(counts["first"]) > start:
        return _no_comparison(rule, today, f"less than {days} days of orders before {as_of}")
    if before == 0:
        return _no_comparison(rule, today, f"no orders at all in the {days} days before {as_of}")
    ratio = today * days / before
    seen = f"{today} orders on {as_of}, {ratio:.2f} times the mean of {before / days:.1f}"
    return table_result(rule, quality.min_volume_ratio <= ratio <= quality.max_volume_ratio, today, seen)


def _no_comparison(rule: Rule, today: int, reason: str) -> RuleResult:
    """Nothing to compare with is no fault; the message says that nothing was compared."""
    return RuleResult(rule, True, today, 0, 0.0, None, (), f"{rule.table}: {rule.description}: not compared, {reason}")


def _freshness(engine: Engine, quality: QualityConfig, rule: Rule, as_of: date) -> RuleResult:
    if not engine.has(rule.table):
        return could_not_check(rule, 0, "the table does not exist; was the step before it run?")
    orders = engine.table(rule.table)
    [found] = engine.rows(orders.aggregate(newest=orders.event_date.max(), rows=ibis._.count()))
    rows = int(str(found["rows"]))
    if found["newest"] is None:
        return table_result(rule, False, rows, "no order at all")
    age = (as_of - _day(found["newest"])).days
    return table_result(rule, age <= quality.freshness_days, rows, f"{_day(found['newest'])}, {age} days before {as_of}")


def _day(value: object) -> date:
    assert isinstance(value, date)
    return value
