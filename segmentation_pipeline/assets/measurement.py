"""Campaigns as they are measured: who was assigned to which arm, and what was said of it when it began."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import ibis.expr.types as ir

from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.campaigns.lists import AudienceList
from segmentation_pipeline.campaigns.stored import rows_of
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.measurement.assignments import ASSIGNMENT, assignments, of_persons
from segmentation_pipeline.measurement.campaign_starts import START, new_starts
from segmentation_pipeline.measurement.definitions import LISTS, configured
from segmentation_pipeline.measurement.measurement import Inputs
from segmentation_pipeline.measurement.outcomes import read_tables
from segmentation_pipeline.run_context import RunContext, StepResult


def steps(config: Config) -> list[Step]:
    log = [tables.clean("campaign_contacts")] if config.has("campaign_contacts") else []
    identity = [tables.CUSTOMER_IDENTITY] if config.has("identities") else []
    return [
        Step(
            table=tables.CAMPAIGN_ASSIGNMENTS,
            compute=_assignments,
            reads=[tables.CAMPAIGN_AUDIENCES, *log, *identity, tables.EXCLUDED_CUSTOMERS],
        ),
        Step(
            table=tables.CAMPAIGN_STARTS,
            compute=_starts,
            reads=[tables.CAMPAIGN_ASSIGNMENTS, *read_tables(config)],
        ),
    ]


def _assignments(run: RunContext) -> StepResult:
    with ExitStack() as held:
        return StepResult(run.engine.write(tables.CAMPAIGN_ASSIGNMENTS, assigned(run, run.lists_measured, held)))


def assigned(run: RunContext, lists: Sequence[AudienceList], held: ExitStack) -> ir.Table:
    """The people of ``lists`` and of the contact log, as ``ASSIGNMENT`` has them."""
    engine, config = run.engine, run.config
    of_lists = held.enter_context(engine.staged(rows_of(engine, lists))) if lists else None
    log = engine.table(tables.clean("campaign_contacts")) if config.has("campaign_contacts") else None
    found = assignments(of_lists, log, config)
    if found is None:
        found = engine.memtable({name: [] for name in ASSIGNMENT}, ASSIGNMENT)
    identity = engine.table(tables.CUSTOMER_IDENTITY) if config.has("identities") else None
    return of_persons(found, identity, engine.table(tables.EXCLUDED_CUSTOMERS)).select(*ASSIGNMENT)


def _starts(run: RunContext) -> StepResult:
    engine, config, as_of = run.engine, run.config, run.as_of
    stored = engine.rows(engine.table(tables.CAMPAIGN_STARTS)) if engine.has(tables.CAMPAIGN_STARTS) else []
    stays = {
        key
        for key, definition in configured(config).items()
        if run.is_past or (definition.source == LISTS and definition.name not in run.audiences_made.versions)
    }
    rows = new_starts(Inputs(engine.table, config, as_of, engine), stored, stays)
    fresh = engine.memtable({name: [row[name] for row in rows] for name in START}, START)
    engine.replace_slice(tables.CAMPAIGN_STARTS, fresh, {"as_of": as_of})
    kept = engine.table(tables.CAMPAIGN_STARTS)
    shown = kept.filter(kept.as_of == as_of).order_by("campaign_key").select("campaign_key", "first_assigned", "digest")
    return StepResult(len(rows), tables={"written down": engine.rows(shown)} if rows else {})
