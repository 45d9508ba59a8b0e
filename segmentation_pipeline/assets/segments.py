"""Segments: who is in which, since when, and what each segment is like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.assets.models import registered, scored_customers, unpublished_columns
from segmentation_pipeline.assets.pictures import panels
from segmentation_pipeline.assets.segment_guards import guard_results, guard_rules
from segmentation_pipeline.assets.table_asset import Step, same_names
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, Column
from segmentation_pipeline.contracts.published import (
    CUSTOMER_ID,
    CUSTOMER_SEGMENTS_COLUMNS,
    SEGMENT_CATALOG_COLUMNS,
    SEGMENT_HISTORY_COLUMNS,
    SEGMENT_PROFILES_COLUMNS,
    SEGMENT_TRANSITIONS_COLUMNS,
)
from segmentation_pipeline.contracts.scores import CLV_COLUMNS, RFM_COLUMNS, survey_class_columns
from segmentation_pipeline.features.catalog import families, family_columns, feature_columns, survey_classes
from segmentation_pipeline.history.spells import active_on
from segmentation_pipeline.history.transitions import update_transitions
from segmentation_pipeline.quality.checks import checks_for
from segmentation_pipeline.run_context import RunContext, StepResult
from segmentation_pipeline.segmentations.assign import Assignment, all_segments, assign
from segmentation_pipeline.segmentations.catalog import segment_catalog
from segmentation_pipeline.segmentations.define import define, model_words
from segmentation_pipeline.segmentations.definitions import SegmentDefinition, definitions_table
from segmentation_pipeline.segmentations.guards import segment_sizes
from segmentation_pipeline.segmentations.kinds import kinds_of
from segmentation_pipeline.segmentations.kinds.base import SegmentationKind
from segmentation_pipeline.segmentations.membership import dated_memberships, memberships
from segmentation_pipeline.segmentations.profiles import segment_profiles
from segmentation_pipeline.segmentations.proposals import merge_proposals
from segmentation_pipeline.segmentations.rule_binding import bound_rules, model_tables, segmentation_columns, stored_definitions
from segmentation_pipeline.segmentations.snapshots import record_snapshot
from segmentation_pipeline.segmentations.unpublished import off_segmentations, segmentations_of_day


def steps(config: Config) -> list[Step]:
    rules = checks_for(config)
    return [
        Step(
            table=tables.CUSTOMER_PROFILE,
            group="segments",
            description="A customer: features, model scores and one column per exclusive segmentation. No personal data.",
            compute=_customer_profile,
            deps=[tables.CUSTOMER_FEATURES, *model_tables(config)],
            columns=profile_columns(config),
            lineage=same_names(
                profile_columns(config),
                {
                    tables.CUSTOMER_FEATURES: _family_columns(config),
                    tables.RFM_SCORES: RFM_COLUMNS,
                    tables.CLV_SCORES: CLV_COLUMNS,
                    tables.CLUSTER_SCORES: config.cluster_columns,
                    tables.SURVEY_CLASSES: [c for name in survey_classes(config) for c in survey_class_columns(name)],
                },
            ),
            rules=rules.get(tables.CUSTOMER_PROFILE, ()),
            owner="team:crm",
        ),
        Step(
            table=tables.CUSTOMER_SEGMENTS,
            group="segments",
            description="A customer's current membership of one segment, with score, since when and why.",
            compute=_customer_segments,
            deps=[tables.CUSTOMER_PROFILE],
            columns=CUSTOMER_SEGMENTS_COLUMNS,
            rules=rules.get(tables.CUSTOMER_SEGMENTS, ()),
            thresholds=guard_results,
            threshold_rules={"guards": guard_rules(config)} if config.segmentations else {},
            owner="team:crm",
        ),
        Step(
            table=tables.SEGMENT_HISTORY,
            group="segments",
            description="A stay of a customer in a segment. Days may be run in any order, the history comes out the same.",
            compute=_segment_history,
            deps=[tables.CUSTOMER_SEGMENTS],
            columns=SEGMENT_HISTORY_COLUMNS,
            owner="team:crm",
        ),
        Step(
            table=tables.SEGMENT_TRANSITIONS,
            group="segments",
            description="How many customers went from a segment to another between two days, day to day and month to month.",
            compute=_segment_transitions,
            deps=[tables.SEGMENT_HISTORY],
            columns=SEGMENT_TRANSITIONS_COLUMNS,
            owner="team:crm",
        ),
        Step(
            table=tables.SEGMENT_PROFILES,
            group="segments",
            description="A segment: size, share of customers and revenue, value, and what sets it apart.",
            compute=_segment_profiles,
            deps=[tables.CUSTOMER_SEGMENTS, tables.CUSTOMER_PROFILE],
            columns=SEGMENT_PROFILES_COLUMNS,
            owner="team:crm",
        ),
        Step(
            table=tables.SEGMENT_CATALOG,
            group="segments",
            description="A segment's definition in words and as its rule, with owner and version.",
            compute=_segment_catalog,
            deps=[tables.CUSTOMER_PROFILE, tables.CUSTOMER_SEGMENTS],
            columns=SEGMENT_CATALOG_COLUMNS,
            owner="team:crm",
        ),
    ]


def profile_columns(config: Config) -> tuple[Column, ...]:
    """The columns of ``customer_profile`` in order."""
    return (AS_OF, CUSTOMER_ID, *feature_columns(config).values(), *segmentation_columns(config))


def _family_columns(config: Config) -> tuple[Column, ...]:
    return tuple(column for family in families(config) for column in family_columns(family, config))


def definitions(
    run: RunContext, as_of: date, segmentations: Mapping[str, SegmentationKind], assigned: Assignment, wide: ir.Table
) -> list[SegmentDefinition]:
    """What every segment means on the day, in words."""
    words = model_words(segmentations, run.config.pipeline.models, lambda model: registered(run, model, as_of))
    return define(run.engine, wide, segmentations, assigned.cut_points, words)


def _customer_profile(run: RunContext, as_of: date) -> StepResult:
    engine = run.engine
    kinds = kinds_of(run.config.segmentations)
    off = off_segmentations(kinds, unpublished_columns(run, as_of))
    segmentations = segmentations_of_day(kinds, off)
    bind = bound_rules(run.config, as_of)
    # Cut points, labels and cells are each counted before the profile is written: not every time from the features.
    with engine.staged(scored_customers(run, as_of)) as scored:
        assigned = assign(engine, scored, segmentations, bind)
        profile = assigned.profile
        rows = engine.write(
            tables.CUSTOMER_PROFILE, profile.select(as_of=ibis.literal(as_of), **{c: profile[c] for c in profile.columns})
        )
    engine.view(tables.ASSIGNMENTS, all_segments(engine.table(tables.CUSTOMER_PROFILE), segmentations, bind))
    words = definitions(run, as_of, segmentations, assigned, engine.table(tables.ASSIGNMENTS))
    words = [replace(each, definition=off.get(each.segmentation, each.definition)) for each in words]
    engine.write(tables.SEGMENT_DEFINITIONS, definitions_table(engine, words))
    numbers: dict[str, int | float | str] = {"segmentations": len(segmentations)}
    return StepResult(rows, numbers=numbers | {f"{name}: off": reason for name, reason in off.items()})


def _customer_segments(run: RunContext, as_of: date) -> StepResult:
    engine, segmentations = run.engine, run.config.segmentations
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
    return StepResult(sum(sizes.values()), numbers=dict(numbers), picture=panels(groups))


def _segment_history(run: RunContext, as_of: date) -> StepResult:
    engine = run.engine
    rows = engine.count(engine.table(tables.SEGMENT_HISTORY))
    days = engine.table(tables.OBSERVED_DAYS)
    return StepResult(rows, numbers={"observed days": engine.count(days.select("as_of").distinct())})


def _segment_transitions(run: RunContext, as_of: date) -> StepResult:
    engine, segmentations = run.engine, run.config.segmentations
    update_transitions(engine, as_of, segmentations, full_refresh=run.changes.since is None)
    stored = engine.table(tables.SEGMENT_TRANSITIONS)
    of_day = stored.filter(stored.as_of == as_of, stored.period == "day", ~stored.source.identical_to(stored.target))
    moved = engine.rows(of_day.order_by("segmentation", ibis.desc("customers"), "source", "target"))
    ways = [
        (
            name,
            [
                (f"{r['source'] or '-'} > {r['target'] or '-'}", float(str(r["customers"])))
                for r in moved
                if r["segmentation"] == name
            ][:12],
        )
        for name in segmentations
    ]
    numbers = {"moves since the observed day before": sum(int(str(row["customers"])) for row in moved)}
    return StepResult(
        engine.count(stored), numbers=dict(numbers), picture=panels([way for way in ways if way[1]]) if moved else None
    )


def _segment_profiles(run: RunContext, as_of: date) -> StepResult:
    engine = run.engine
    profile, members = engine.table(tables.CUSTOMER_PROFILE), engine.table(tables.MEMBERSHIPS)
    stays_now = active_on(engine.table(tables.SEGMENT_HISTORY), as_of)
    rows = engine.write(tables.SEGMENT_PROFILES, segment_profiles(engine, profile, members, stays_now, as_of))
    listed = engine.rows(engine.table(tables.SEGMENT_PROFILES).order_by("segmentation", ibis.desc("customers"), "segment"))
    lines = "\n".join(
        f"| {r['segmentation']} | {r['segment']} | {r['customers']} | {r['monetary']} | {r['avg_clv']} | {r['sets_apart']} |"
        for r in listed[:200]
    )
    head = "| segmentation | segment | customers | net revenue | mean CLV | sets apart |\n|---|---|---|---|---|---|\n"
    revenue = [
        (name, [(str(r["segment"]), float(str(r["monetary"] or 0))) for r in listed if r["segmentation"] == name][:12])
        for name in run.config.segmentations
    ]
    return StepResult(rows, texts={"profiles": head + lines}, picture=panels(revenue))


def _segment_catalog(run: RunContext, as_of: date) -> StepResult:
    engine, segmentations = run.engine, run.config.segmentations
    profile, members, words = engine.table(tables.CUSTOMER_PROFILE), engine.table(tables.MEMBERSHIPS), stored_definitions(engine)
    proposals = merge_proposals(engine, profile, members, segmentations, words, segment_sizes(engine, members))
    rows = engine.write(tables.SEGMENT_CATALOG, segment_catalog(engine, kinds_of(segmentations), words, proposals, as_of))
    listed = "\n".join(f"- {segmentation}.{segment}: {text}" for (segmentation, segment), text in proposals.items())
    return StepResult(rows, numbers={"proposals": len(proposals)}, texts={"proposals": listed} if listed else {})
