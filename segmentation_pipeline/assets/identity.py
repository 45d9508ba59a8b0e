"""Who is who: customers that are one person, since when, and how well it is known."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.identity import CUSTOMER_MERGES_COLUMNS, IDENTITY_HEALTH_COLUMNS
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
            group="identity",
            description="A customer and an identifier, normalised: addresses in lower case, telephone numbers in E.164.",
            compute=lambda run, as_of: StepResult(write_identifiers(run.engine, run.config, run.changes)),
            deps=[tables.clean("identities"), tables.PII_IDENTITIES, *people],
        ),
        Step(
            table=tables.CUSTOMER_IDENTITY,
            group="identity",
            description="A customer that goes by the id of another, because both are one person.",
            compute=_identity,
            deps=[tables.IDENTIFIERS, *persons, *(tables.clean(name) for name in config.cleaning_order if name != "identities")],
            also=(tables.BLOCKED_MERGES, tables.HOUSEHOLDS),
        ),
        Step(
            table=tables.IDENTITY_HEALTH,
            group="identity",
            description="How well customers are recognised: sizes of clusters, what they hang on, what was blocked and why.",
            compute=_health,
            deps=[tables.CUSTOMER_IDENTITY],
            columns=IDENTITY_HEALTH_COLUMNS,
        ),
        Step(
            table=tables.CUSTOMER_MERGES,
            group="identity",
            description="A span of time in which a customer was part of another.",
            compute=_merges,
            deps=[tables.CUSTOMER_IDENTITY],
            columns=CUSTOMER_MERGES_COLUMNS,
        ),
    ]


def _identity(run: RunContext, as_of: date) -> StepResult:
    engine = run.engine
    rows = update_identity(engine, run.config, as_of, run.changes)
    blocked = engine.table(tables.BLOCKED_MERGES)
    numbers: dict[str, int | float | str] = {"customers not joined": engine.count(blocked.select("customer_id").distinct())}
    return StepResult(rows, numbers=numbers)


def _health(run: RunContext, as_of: date) -> StepResult:
    stored = run.engine.table(tables.IDENTITY_HEALTH)
    today = stored.filter(stored.as_of == as_of).order_by("finding", "kind", "cluster_size")
    rows = run.engine.rows(today)
    lines = "\n".join(
        f"| {r['finding']} | {r['kind'] or ''} | {r['cluster_size'] or ''} | {r['groups']} | {r['customers']} |" for r in rows
    )
    head = "| finding | kind | customers each | groups | customers |\n|---|---|---|---|---|\n"
    return StepResult(len(rows), texts={"identity": head + lines})


def _merges(run: RunContext, as_of: date) -> StepResult:
    return StepResult(update_merges(run.engine, as_of))
