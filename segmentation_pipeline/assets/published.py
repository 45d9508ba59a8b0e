"""The end of the graph: quality in one table, Data Docs, and the published file."""

from __future__ import annotations

from pathlib import Path

import ibis.expr.types as ir

from segmentation_pipeline.assets.campaign_checks import CAMPAIGN_RULES, check_campaigns
from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.clean.account import PARTS
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF
from segmentation_pipeline.engine.file_modes import make_readable
from segmentation_pipeline.features.catalog import families, family_columns
from segmentation_pipeline.measurement.catalog import MEASUREMENTS
from segmentation_pipeline.measurement.measurement import Inputs, Measurement, bring_up_to_date
from segmentation_pipeline.models.catalog import models_of
from segmentation_pipeline.publish.functions import FUNCTIONS
from segmentation_pipeline.publish.publication import publish
from segmentation_pipeline.publish.semantic_layer import SEMANTIC_LAYER, semantic_layer
from segmentation_pipeline.rights.records import records_of_processing
from segmentation_pipeline.run_context import RunContext, StepResult
from segmentation_pipeline.table_contracts import published

_MOST_SHOWN = 200
COUNTS = ("read", *PARTS)


def steps(config: Config) -> list[Step]:
    received = [tables.raw(name) for name in config.cleaning_order if not config.sources[name].derive_from]
    return [
        Step(table=tables.ROW_ACCOUNTING, compute=_accounting, details=f" Read = {' + '.join(PARTS)}."),
        *(_measured(measurement, config) for measurement in MEASUREMENTS),
        Step(table=tables.DATA_QUALITY, compute=_quality, details=" With a link to the Great Expectations Data Docs."),
        Step(
            table=tables.PUBLICATION,
            compute=_publish,
            # What was delivered is kept to compare the next delivery with, once all is well.
            reads=[
                *(contract.table for contract in published(config)),
                *received,
                *(tables.validated(name) for name in config.cleaning_order),
            ],
            after=[tables.AUDIENCE_FILES],
        ),
    ]


def _measured(measurement: Measurement, config: Config) -> Step:
    contract, reads = measurement.contract, measurement.reads(config)

    def compute(run: RunContext) -> StepResult:
        engine = run.engine

        def declared(table: str) -> ir.Table:
            if table not in reads:
                raise ValueError(f"{contract.table} reads {table} and does not declare it")
            return engine.table(table)

        with engine.staged(measurement.make(Inputs(declared, run.config, run.as_of, engine))) as rows:
            if contract.accumulates:
                bring_up_to_date(engine, contract)
                engine.replace_slice(contract.table, rows, {AS_OF.name: run.as_of})
            else:
                engine.write(contract.table, rows)
            counted = engine.count(rows)
            is_small = not any(column.is_key for column in contract.columns)  # keys are those of people and orders
            shown = engine.rows(rows.order_by(*contract.key).limit(_MOST_SHOWN)) if is_small else []
        return StepResult(counted, tables={contract.name: shown} if shown else {})

    if contract.table == tables.CAMPAIGN_RESULTS:
        rules = {"warnings_of_campaigns": CAMPAIGN_RULES}
        return Step(table=contract.table, compute=compute, reads=reads, thresholds=check_campaigns, threshold_rules=rules)
    return Step(table=contract.table, compute=compute, reads=reads)


def _accounting(run: RunContext) -> StepResult:
    stored = run.engine.table(tables.ROW_ACCOUNTING)
    rows = run.engine.rows(stored.filter(stored.as_of == run.as_of).order_by("source").select("source", *COUNTS))
    totals: dict[str, int | float | str] = {name: sum(int(row[name]) for row in rows) for name in COUNTS}
    return StepResult(len(rows), numbers=totals, tables={"row accounting": rows})


def _quality(run: RunContext) -> StepResult:
    stored = run.engine.table(tables.DATA_QUALITY)
    today = stored.filter(stored.as_of == run.as_of)
    index = run.validator.build_docs(run.settings.data_docs)
    failed = run.engine.rows(today.filter(~today.passed).order_by("table_name", "rule"))
    texts = {"failed rules": "\n".join(f"- {row['message']}" for row in failed)} if failed else {}
    rows = run.engine.count(today)
    return StepResult(rows, numbers={"rules": rows, "failed": len(failed)}, texts=texts, links={"data docs": index.as_uri()})


def _publish(run: RunContext) -> StepResult:
    config, as_of = run.config, run.as_of
    counts = publish(
        run.engine,
        run.publication,
        published(config),
        _lineage(config),
        as_of,
        run.fingerprint,
        FUNCTIONS,
        publication_id=run.publication_id,
    )
    _write_beside(run.publication, "records_of_processing.md", records_of_processing(config, as_of))
    _write_beside(run.publication, SEMANTIC_LAYER, semantic_layer(published(config), config.pipeline.business.currency))
    run.complete()
    return StepResult(
        rows=sum(counts.values()),
        numbers={"tables": len(counts), "file": str(run.publication.relative_to(run.settings.root))},
        tables={"tables": [{"table": name, "rows": rows} for name, rows in sorted(counts.items())]},
    )


def _write_beside(publication: Path, name: str, text: str) -> None:
    """Readers see the old file or the new one."""
    page = publication.with_name(name)
    page.with_suffix(".new").write_text(text, encoding="utf-8")
    page.with_suffix(".new").replace(page)
    make_readable(page)


def _lineage(config: Config) -> dict[tuple[str, str], str]:
    """Where the profile's columns come from, in words."""
    lineage = {
        ("customer_profile", column.name): f"{model.table}.{column.name}"
        for model in models_of(config)
        for column in model.columns(config)
    }
    for family in families(config):
        for column in family_columns(family, config):
            lineage[("customer_profile", column.name)] = f"{tables.CUSTOMER_FEATURES}.{column.name} (family {family.name})"
    for name in config.segmentations:
        lineage[("customer_profile", name)] = f"{tables.ASSIGNMENTS}.{name} (segmentation {name})"
    return lineage
