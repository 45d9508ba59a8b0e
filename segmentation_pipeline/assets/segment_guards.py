"""The guards of segmentations as asset checks: warnings, each with its figures."""

from __future__ import annotations

from dataclasses import replace

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.hash_sampling import bounded_sample
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.history.labels import by_name
from segmentation_pipeline.history.spells import observed_sizes
from segmentation_pipeline.identity.canonical import rows_by_customer
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.result import RuleResult, table_result
from segmentation_pipeline.run_context import RunContext
from segmentation_pipeline.segmentations.assign import exclusive_names
from segmentation_pipeline.segmentations.guards import Guard, guard_segments, segment_sizes
from segmentation_pipeline.segmentations.jumps import guard_jumps
from segmentation_pipeline.segmentations.rule_binding import stored_definitions

SAMPLE_SIZE = 10_000
"""Customers whose segments are compared with each other and with their later orders."""

_OF_ALL = {
    "has_members": "must have members",
    "sizes": "must have no segment below its minimum size",
    "segment_count": "must not have more segments than people can act on",
    "balance": "must not put nearly everybody in one segment",
    "size_jump": "must have no segment that suddenly grows or shrinks",
}
_OF_EXCLUSIVE = {
    "coverage": "must not leave most customers without a segment",
    "near_duplicate": "must not divide customers as another one does",
    "later_outcome": "must tell apart customers who go on to buy differently",
}


def guard_rules(config: Config) -> tuple[Check, ...]:
    """The checks on segmentations as a whole, known before there is data."""
    return tuple(
        Check(
            name=f"{name}_{guard}",
            table=tables.CUSTOMER_SEGMENTS,
            expectation=f"guard_{guard}",
            arguments={},
            severity="warning",
            description=f"segmentation {name} {words}",
            catches="A segmentation nobody can work with.",
        )
        for name, segmentation in config.segmentations.items()
        for guard, words in (_OF_ALL | _OF_EXCLUSIVE if segmentation.is_exclusive else _OF_ALL).items()
    )


def guard_results(run: RunContext) -> list[RuleResult]:
    """Judge the segments of the day; ``observed`` of a result holds the figures it rests on."""
    customers = run.engine.count(run.engine.table(tables.CUSTOMER_PROFILE))
    rules = {rule.name: rule for rule in guard_rules(run.config)}
    return [_result(rules[f"{g.segmentation}_{g.name}"], g, customers) for g in _guards(run, customers)]


def _guards(run: RunContext, customers: int) -> list[Guard]:
    from segmentation_pipeline.segmentations.duplicates import guard_duplicates
    from segmentation_pipeline.segmentations.outcomes import guard_outcomes

    engine, segmentations, salt = run.engine, run.config.segmentations, run.config.privacy.salt
    sizes = segment_sizes(engine, engine.table(tables.MEMBERSHIPS))
    days = by_name(engine.table(tables.OBSERVED_DAYS), segmentations)
    changes = by_name(engine.table(tables.MEMBERSHIP_CHANGES), segmentations)
    exclusive = exclusive_names(segmentations)
    everybody = engine.table(tables.ASSIGNMENTS).select("customer_id", *exclusive)
    guards = guard_segments(segmentations, stored_definitions(engine), sizes, customers)
    guards += guard_jumps(engine, observed_sizes(changes, days), run.as_of, list(segmentations))
    with engine.staged(bounded_sample(everybody, "customer_id", salt, SAMPLE_SIZE, customers)) as sample:
        guards += guard_duplicates(engine, sample, exclusive)
        orders = completed_orders(rows_by_customer(engine, run.config, "orders"), run.config)
        guards += guard_outcomes(engine, engine.table(tables.SEGMENT_HISTORY), days, orders, sample, run.as_of, exclusive)
    return guards


def _result(rule: Check, guard: Guard, customers: int) -> RuleResult:
    figures = ", ".join(f"{name} {value:g}" for name, value in guard.numbers.items())
    told = f"{rule.table}: {rule.description}: {guard.message}"
    return replace(table_result(rule, guard.passed, customers, figures or None), message=told)
