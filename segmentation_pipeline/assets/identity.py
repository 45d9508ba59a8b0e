"""Who is who: customers that are one person, since when, and how well it is known."""

from __future__ import annotations

from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.identity.canonical import sources_by_customer
from segmentation_pipeline.identity.identifiers import write_identifiers
from segmentation_pipeline.identity.stored import update_identity, update_merges
from segmentation_pipeline.run_context import RunContext, StepResult


def steps(config: Config) -> list[Step]:
    if not config.has("identities"):
        return []
    people = [tables.clean("customers")] if config.has("customers") else []
    persons = [tables.PII_CUSTOMERS] if config.has("customers") else []
    return [
        Step(
            table=tables.IDENTIFIERS,
            compute=lambda run: StepResult(write_identifiers(run.engine, run.config, run.changes)),
            reads=[tables.clean("identities"), tables.PII_IDENTITIES, *people],
        ),
        Step(
            table=tables.CUSTOMER_IDENTITY,
            compute=_identity,
            reads=[
                tables.IDENTIFIERS,
                *persons,
                *(tables.clean(name) for name in sources_by_customer(config)),
                *_decisions(config),
            ],
        ),
        Step(
            table=tables.CUSTOMER_MERGES,
            compute=lambda run: StepResult(update_merges(run.engine, run.as_of)),
            reads=[tables.CUSTOMER_IDENTITY],
        ),
    ]


def _decisions(config: Config) -> list[str]:
    """Decisions to merge, those that were refused among them."""
    name = "merge_decisions"
    return [tables.clean(name), tables.validated(name), tables.malformed(name)] if config.has(name) else []


def _identity(run: RunContext) -> dict[str, StepResult]:
    engine = run.engine
    rows = update_identity(engine, run.config, run.as_of, run.changes)
    blocked = engine.table(tables.BLOCKED_MERGES)
    numbers: dict[str, int | float | str] = {"customers not joined": engine.count(blocked.select("customer_id").distinct())}
    return {tables.CUSTOMER_IDENTITY: StepResult(rows, numbers=numbers), tables.IDENTITY_HEALTH: _health(run)}


def _health(run: RunContext) -> StepResult:
    stored = run.engine.table(tables.IDENTITY_HEALTH)
    today = stored.filter(stored.as_of == run.as_of).order_by("finding", "kind", "cluster_size").drop("as_of")
    rows = run.engine.rows(today)
    return StepResult(len(rows), tables={"identity": rows})
