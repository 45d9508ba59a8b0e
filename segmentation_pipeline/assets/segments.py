"""Segments: who is in which, since when, and what each segment is like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.assets.pictures import histograms, panels
from segmentation_pipeline.assets.segment_guards import guard_results, guard_rules
from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.segment_tables import CUSTOMER_SEGMENTS_COLUMNS
from segmentation_pipeline.history.spells import active_on
from segmentation_pipeline.history.transitions import update_transitions
from segmentation_pipeline.identity.canonical import tables_by_customer
from segmentation_pipeline.measurement.track_record import records
from segmentation_pipeline.models.catalog import models_of, score_columns, unpublished_columns
from segmentation_pipeline.models.clv_scores import CLV
from segmentation_pipeline.models.registry import Registered, registered_on
from segmentation_pipeline.run_context import RunContext, StepResult
from segmentation_pipeline.segmentations.assign import Assignment, all_segments, assign
from segmentation_pipeline.segmentations.define import define, model_words
from segmentation_pipeline.segmentations.definitions import SegmentDefinition, definitions_table
from segmentation_pipeline.segmentations.guards import segment_sizes
from segmentation_pipeline.segmentations.kinds import kinds_of
from segmentation_pipeline.segmentations.kinds.base import SegmentationKind
from segmentation_pipeline.segmentations.membership import dated_memberships, memberships
from segmentation_pipeline.segmentations.profiles import segment_profiles
from segmentation_pipeline.segmentations.proposals import merge_proposals
from segmentation_pipeline.segmentations.rule_binding import bound_rules, stored_definitions
from segmentation_pipeline.segmentations.segment_catalog import segment_catalog
from segmentation_pipeline.segmentations.snapshots import record_snapshot
from segmentation_pipeline.segmentations.unpublished import off_segmentations, segmentations_of_day

_DETAILS = (
    " In three parts:\n\n- **features**: what a customer has done, from `features.customer_features`;\n"
    "- **scores**: what models say of the customer, from `models.customer_scores`;\n"
    "- **segments**: a column for each segmentation that puts a customer into one segment at most."
)
_DRAWN = ("recency_days", "monetary", "p_alive", "expected_orders", "clv")
"""What the picture of the profile shows: when, how much, and what is to be expected."""


def steps(config: Config) -> list[Step]:
    return [
        Step(
            table=tables.CUSTOMER_PROFILE,
            compute=_customer_profile,
            reads=[tables.CUSTOMER_FEATURES, tables.CUSTOMER_SCORES, tables.MODEL_REGISTRY],
            # It waits for the views as well: the rules on scores are told there, and a broken one stops what is made of them.
            after=[model.table for model in models_of(config)],
            details=_DETAILS,
        ),
        Step(
            table=tables.CUSTOMER_SEGMENTS,
            compute=_customer_segments,
            reads=[
                *(tables.CUSTOMER_PROFILE, tables.ASSIGNMENTS, tables.SEGMENT_DEFINITIONS),
                *tables_by_customer(config, "orders"),
            ],
            thresholds=guard_results,
            threshold_rules={"guards": guard_rules(config)} if config.segmentations else {},
        ),
        Step(
            table=tables.SEGMENT_TRANSITIONS,
            compute=_segment_transitions,
            reads=[tables.MEMBERSHIP_CHANGES, tables.OBSERVED_DAYS],
        ),
        Step(
            table=tables.SEGMENT_PROFILES,
            compute=_segment_profiles,
            reads=[tables.CUSTOMER_PROFILE, tables.MEMBERSHIPS, tables.SEGMENT_HISTORY, tables.MODEL_REGISTRY],
        ),
        Step(
            table=tables.SEGMENT_CATALOG,
            compute=_segment_catalog,
            reads=[tables.CUSTOMER_PROFILE, tables.SEGMENT_DEFINITIONS, tables.MEMBERSHIPS, tables.CAMPAIGN_RESULTS],
        ),
    ]


def definitions(
    run: RunContext,
    registered: Registered,
    segmentations: Mapping[str, SegmentationKind],
    assigned: Assignment,
    wide: ir.Table,
) -> list[SegmentDefinition]:
    """What every segment means on the day, in words."""
    words = model_words(segmentations, run.config.pipeline.models, registered)
    return define(run.engine, wide, segmentations, assigned.cut_points, words)


def _scored_customers(run: RunContext) -> ir.Table:
    """One row per customer: the features and the scores of the day."""
    features, scores = run.engine.table(tables.CUSTOMER_FEATURES), run.engine.table(tables.CUSTOMER_SCORES)
    return features.inner_join(scores, "customer_id").select(*features.columns, *(c.name for c in score_columns(run.config)))


def _customer_profile(run: RunContext) -> StepResult:
    engine, as_of = run.engine, run.as_of
    kinds = kinds_of(run.config.segmentations)
    registered = registered_on(engine, as_of)
    off = off_segmentations(kinds, unpublished_columns(run.config, registered))
    segmentations = segmentations_of_day(kinds, off)
    bind = bound_rules(run.config, as_of)
    # Cut points, labels and cells are each counted before the profile is written: not every time from the features.
    with engine.staged(_scored_customers(run)) as scored:
        assigned = assign(engine, scored, segmentations, bind)
        profile = assigned.profile
        rows = engine.write(
            tables.CUSTOMER_PROFILE, profile.select(as_of=ibis.literal(as_of), **{c: profile[c] for c in profile.columns})
        )
    engine.view(tables.ASSIGNMENTS, all_segments(engine.table(tables.CUSTOMER_PROFILE), segmentations, bind))
    words = definitions(run, registered, segmentations, assigned, engine.table(tables.ASSIGNMENTS))
    words = [replace(each, definition=off.get(each.segmentation, each.definition)) for each in words]
    engine.write(tables.SEGMENT_DEFINITIONS, definitions_table(engine, words))
    numbers: dict[str, int | float | str] = {"segmentations": len(segmentations)}
    written = engine.table(tables.CUSTOMER_PROFILE)
    return StepResult(
        rows,
        numbers=numbers | {f"{name}: off": reason for name, reason in off.items()},
        picture=histograms(engine, written, [column for column in _DRAWN if column in written.columns]),
    )


def _customer_segments(run: RunContext) -> dict[str, StepResult]:
    engine, segmentations, as_of = run.engine, run.config.segmentations, run.as_of
    assigned = engine.table(tables.ASSIGNMENTS)
    words = engine.table(tables.SEGMENT_DEFINITIONS)
    engine.view(tables.MEMBERSHIPS, memberships(assigned, segmentations, words))
    members = engine.table(tables.MEMBERSHIPS)
    record_snapshot(engine, assigned, members, as_of, segmentations, run.changes)
    stays_now = active_on(engine.table(tables.SEGMENT_HISTORY), as_of)
    dated = dated_memberships(assigned, engine.table(tables.OBSERVED_SEGMENTS), stays_now, segmentations, words)
    named = {column.name: dated[column.name] for column in CUSTOMER_SEGMENTS_COLUMNS[1:]}
    engine.view(tables.CUSTOMER_SEGMENTS, dated.select(as_of=ibis.literal(as_of), **named))
    sizes = segment_sizes(engine, members)
    groups = [
        (name, [(segment, float(n)) for (owner, segment), n in sorted(sizes.items(), key=lambda i: -i[1]) if owner == name][:12])
        for name in segmentations
    ]
    numbers = {"segmentations": len(segmentations), "segments": len(sizes)}
    segments = StepResult(sum(sizes.values()), numbers=dict(numbers), picture=panels(groups))
    return {tables.CUSTOMER_SEGMENTS: segments, tables.SEGMENT_HISTORY: _segment_history(run)}


def _segment_history(run: RunContext) -> StepResult:
    engine = run.engine
    rows = engine.count(engine.table(tables.SEGMENT_HISTORY))
    days = engine.table(tables.OBSERVED_DAYS)
    return StepResult(rows, numbers={"observed days": engine.count(days.select("as_of").distinct())})


def _segment_transitions(run: RunContext) -> StepResult:
    engine, segmentations, as_of = run.engine, run.config.segmentations, run.as_of
    update_transitions(engine, as_of, segmentations, full_refresh=run.changes.since is None)
    stored = engine.table(tables.SEGMENT_TRANSITIONS)
    of_day = stored.filter(stored.as_of == as_of, stored.period == "day", ~stored.source.identical_to(stored.target))
    moved = engine.rows(of_day.order_by("segmentation", ibis.desc("customers"), "source", "target"))
    ways = [
        (
            name,
            [(f"{r['source'] or '-'} > {r['target'] or '-'}", float(r["customers"])) for r in moved if r["segmentation"] == name][
                :12
            ],
        )
        for name in segmentations
    ]
    numbers = {"moves since the observed day before": sum(int(row["customers"]) for row in moved)}
    return StepResult(
        engine.count(stored), numbers=dict(numbers), picture=panels([way for way in ways if way[1]]) if moved else None
    )


def _segment_profiles(run: RunContext) -> StepResult:
    engine, as_of = run.engine, run.as_of
    profile, members = engine.table(tables.CUSTOMER_PROFILE), engine.table(tables.MEMBERSHIPS)
    stays_now = active_on(engine.table(tables.SEGMENT_HISTORY), as_of)
    forecasts = CLV.forecast_errors(registered_on(engine, as_of))
    rows = engine.write(
        tables.SEGMENT_PROFILES, segment_profiles(engine, profile, members, stays_now, as_of, forecasts=forecasts)
    )
    listed = engine.rows(engine.table(tables.SEGMENT_PROFILES).order_by("segmentation", ibis.desc("customers"), "segment"))
    shown = ("segmentation", "segment", "customers", "monetary", "clv", "clv_low", "clv_high", "sets_apart")
    revenue = [
        (name, [(str(r["segment"]), float(r["monetary"] or 0)) for r in listed if r["segmentation"] == name][:12])
        for name in run.config.segmentations
    ]
    return StepResult(rows, tables={"profiles": [{name: row[name] for name in shown} for row in listed]}, picture=panels(revenue))


def _segment_catalog(run: RunContext) -> StepResult:
    engine, segmentations = run.engine, run.config.segmentations
    profile, members, words = engine.table(tables.CUSTOMER_PROFILE), engine.table(tables.MEMBERSHIPS), stored_definitions(engine)
    proposals = merge_proposals(engine, profile, members, segmentations, words, segment_sizes(engine, members))
    results = engine.table(tables.CAMPAIGN_RESULTS)
    told = records(engine.rows(results.filter(results.as_of == run.as_of)), run.config)
    catalog = segment_catalog(engine, kinds_of(segmentations), words, proposals, told, run.as_of)
    rows = engine.write(tables.SEGMENT_CATALOG, catalog)
    listed = "\n".join(f"- {segmentation}.{segment}: {text}" for (segmentation, segment), text in proposals.items())
    return StepResult(rows, numbers={"proposals": len(proposals)}, texts={"proposals": listed} if listed else {})
