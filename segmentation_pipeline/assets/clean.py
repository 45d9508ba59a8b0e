"""Accepted rows per source, with the account of every row and the blocking contract checks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from segmentation_pipeline.assets.table_asset import Lineage, Step
from segmentation_pipeline.clean.accept import clean_source
from segmentation_pipeline.clean.exchange import names_currency
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources import SOURCES, Source
from segmentation_pipeline.ingest.deliveries import Limits, check_usable
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.checks import checks_for
from segmentation_pipeline.quality.key_spelling import is_compared_with_customers
from segmentation_pipeline.quality.thresholds import check_thresholds, threshold_rules
from segmentation_pipeline.run_context import RunContext, StepResult

_EVENT_DATE = Column("event_date", Type.DAY, "Business day of the event.", "day", "not known")
_PROVENANCE = (Column("_file", Type.TEXT, "File the row came from."), Column("_row", Type.INTEGER, "Record number in the file."))


def steps(config: Config) -> list[Step]:
    rules = checks_for(config)
    return [_step(name, config, rules) for name in config.cleaning_order]


def clean_columns(source: Source) -> tuple[Column, ...]:
    """The columns of a clean table, personal ones left out."""
    own = tuple(column for column in source.columns if not column.pii)
    return (*own, *((_EVENT_DATE,) if source.event_time else ()), *_PROVENANCE)


def _step(name: str, config: Config, rules: Mapping[str, tuple[Check, ...]]) -> Step:
    source, mapping = SOURCES[name], config.sources[name]
    comes_from = tables.clean(mapping.derive_from) if mapping.derive_from else tables.raw(name)
    refers_to = [r.to_source for r in source.references if r.to_source in config.sources]
    if config.sources["orders"].derive_from == name:
        refers_to.remove("orders")
    if config.has("exchange_rates") and names_currency(source, config):
        refers_to.append("exchange_rates")
    if config.has("customers") and is_compared_with_customers(name):
        refers_to.append("customers")

    def compute(run: RunContext, as_of: date) -> StepResult:
        account = clean_source(run.engine, name, run.config, as_of, run.changes)
        limits = Limits.of(run.config, name, run.accept_shrunk, run.run_id)
        check_usable(run.engine, name, run.config, limits, as_of)
        reasons = "\n".join(f"| {reason} | {rows} |" for reason, rows in account.quarantined_by_reason.items())
        blanked = "\n".join(f"| {reason} | {rows} |" for reason, rows in account.blanked_by_reason.items())
        texts = {}
        if reasons:
            texts["quarantined by reason"] = f"| reason | rows |\n|---|---|\n{reasons}"
        if blanked:
            texts["blanked values by reason"] = f"| reason | values |\n|---|---|\n{blanked}"
        return StepResult(
            rows=account.clean,
            numbers={
                "read": account.read,
                "quarantined": account.quarantined,
                "superseded": account.superseded,
                "later than as_of": account.later,
            },
            texts=texts,
        )

    return Step(
        table=tables.clean(name),
        group="clean",
        description=f"{source.description} Typed, one row per {' + '.join(source.natural_key)}, known at as_of.",
        compute=compute,
        deps=list(dict.fromkeys([comes_from, *(tables.clean(other) for other in refers_to)])),
        columns=clean_columns(source),
        lineage=_lineage(source, comes_from),
        rules=rules[tables.clean(name)],
        thresholds=lambda run, as_of: check_thresholds(run.engine, run.config, name, as_of),
        threshold_rules={rule.name: [rule] for rule in threshold_rules(config)[tables.clean(name)]},
        also=(tables.pii(name),) if source.pii_columns else (),
    )


def _lineage(source: Source, comes_from: str) -> Lineage:
    lineage = {column.name: [(comes_from, column.name)] for column in clean_columns(source) if column is not _EVENT_DATE}
    if source.event_time:
        lineage["event_date"] = [(comes_from, source.event_time)]
    return lineage
