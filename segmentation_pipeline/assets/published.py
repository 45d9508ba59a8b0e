"""The end of the graph: quality in one table, Data Docs, and the published file."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.clean.account import PARTS, ROW_ACCOUNTING_COLUMNS
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.published import DATA_QUALITY_COLUMNS
from segmentation_pipeline.contracts.scores import CLV_COLUMNS, RFM_COLUMNS, survey_class_columns
from segmentation_pipeline.contracts.shop_tables import SHOP_TOTALS_COLUMNS
from segmentation_pipeline.engine.file_modes import make_readable
from segmentation_pipeline.features.catalog import families, family_columns, measured_constructs, survey_classes
from segmentation_pipeline.features.shop_totals import write_shop_totals
from segmentation_pipeline.publish.catalog import published
from segmentation_pipeline.publish.functions import FUNCTIONS
from segmentation_pipeline.publish.publication import publish
from segmentation_pipeline.rights.records import records_of_processing
from segmentation_pipeline.run_context import RunContext, StepResult


def steps(config: Config) -> list[Step]:
    everything_checked = [
        *(tables.clean(name) for name in config.cleaning_order),
        tables.CUSTOMER_FEATURES,
        tables.CUSTOMER_PROFILE,
        tables.CUSTOMER_SEGMENTS,
        tables.CAMPAIGN_AUDIENCES,
        tables.CAMPAIGN_FUNNEL,
        *([tables.CONSTRUCT_RELIABILITY] if measured_constructs(config) else []),
    ]
    return [
        Step(
            table=tables.ROW_ACCOUNTING,
            group="quality",
            description=f"Where the rows of a source went: read = {' + '.join(PARTS)}.",
            compute=_accounting,
            deps=[tables.clean(name) for name in config.cleaning_order],
            columns=ROW_ACCOUNTING_COLUMNS,
        ),
        Step(
            table=tables.SHOP_TOTALS,
            group="quality",
            description="The shop's orders and revenue up to the day: of customers, and of nobody.",
            compute=_shop_totals,
            deps=[tables.clean(name) for name in ("orders", "returns") if config.has(name)],
            columns=SHOP_TOTALS_COLUMNS,
        ),
        Step(
            table=tables.DATA_QUALITY,
            group="quality",
            description="The result of one rule on one table, with a link to the Great Expectations Data Docs.",
            compute=_quality,
            deps=everything_checked,
            columns=DATA_QUALITY_COLUMNS,
        ),
        Step(
            table=tables.PUBLICATION,
            group="published",
            description="The file BI tools read: all published tables, swapped in atomically at the end of a good run.",
            compute=_publish,
            deps=list(
                dict.fromkeys(
                    [table.source for table in published(config)]
                    + [tables.AUDIENCE_FILES, tables.DATA_QUALITY, tables.ROW_ACCOUNTING]
                )
            ),
        ),
    ]


def _accounting(run: RunContext, as_of: date) -> StepResult:
    stored = run.engine.table(tables.ROW_ACCOUNTING)
    rows = run.engine.rows(stored.filter(stored.as_of == as_of).order_by("source"))
    counts = ("read", *PARTS)
    head = f"| source | {' | '.join(counts)} |\n|---|{'---|' * len(counts)}\n"
    lines = "\n".join(f"| {r['source']} | {' | '.join(str(r[name]) for name in counts)} |" for r in rows)
    totals: dict[str, int | float | str] = {name: sum(int(str(r[name])) for r in rows) for name in counts}
    return StepResult(len(rows), numbers=totals, texts={"row accounting": head + lines})


def _shop_totals(run: RunContext, as_of: date) -> StepResult:
    rows = write_shop_totals(run.engine, run.config, as_of)
    names = [column.name for column in SHOP_TOTALS_COLUMNS[1:]]
    lines = "\n".join(f"| {' | '.join(str(row[name]) for name in names)} |" for row in rows)
    return StepResult(len(rows), texts={"shop totals": f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n{lines}"})


def _quality(run: RunContext, as_of: date) -> StepResult:
    stored = run.engine.table(tables.DATA_QUALITY)
    today = stored.filter(stored.as_of == as_of)
    index = run.validator.build_docs(run.settings.data_docs)
    failed = run.engine.rows(today.filter(~today.passed).order_by("table_name", "rule"))
    texts = {"failed rules": "\n".join(f"- {row['message']}" for row in failed)} if failed else {}
    rows = run.engine.count(today)
    return StepResult(rows, numbers={"rules": rows, "failed": len(failed)}, texts=texts, links={"data docs": index.as_uri()})


def _publish(run: RunContext, as_of: date) -> StepResult:
    config = run.config
    tables, fingerprint = published(config), run.fingerprint
    counts = publish(
        run.engine,
        run.publication,
        tables,
        _lineage(config),
        as_of,
        fingerprint,
        FUNCTIONS,
        publication_id=run.publication_id,
    )
    page = run.publication.with_name("records_of_processing.md")
    page.with_suffix(".new").write_text(records_of_processing(config, as_of), encoding="utf-8")
    page.with_suffix(".new").replace(page)
    make_readable(page)
    run.complete()
    lines = "\n".join(f"| {name} | {rows} |" for name, rows in sorted(counts.items()))
    return StepResult(
        rows=sum(counts.values()),
        numbers={"tables": len(counts), "file": str(run.publication.relative_to(run.settings.root))},
        texts={"tables": f"| table | rows |\n|---|---|\n{lines}"},
    )


def _lineage(config: Config) -> dict[tuple[str, str], str]:
    """Where the profile's columns come from, in words."""
    scores = {
        column.name: table
        for table, columns in (
            (tables.RFM_SCORES, RFM_COLUMNS),
            (tables.CLV_SCORES, CLV_COLUMNS),
            (tables.CLUSTER_SCORES, config.cluster_columns),
            *((tables.SURVEY_CLASSES, survey_class_columns(name)) for name in survey_classes(config)),
        )
        for column in columns
    }
    lineage = {("customer_profile", name): f"{table}.{name}" for name, table in scores.items()}
    for family in families(config):
        for column in family_columns(family, config):
            lineage[("customer_profile", column.name)] = f"{tables.CUSTOMER_FEATURES}.{column.name} (family {family.name})"
    for name in config.segmentations:
        lineage[("customer_profile", name)] = f"{tables.ASSIGNMENTS}.{name} (segmentation {name})"
    return lineage
