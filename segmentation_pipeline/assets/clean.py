"""Accepted rows per source, with the account of every row and the blocking contract checks."""

from __future__ import annotations

from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.clean.accept import clean_source
from segmentation_pipeline.clean.exchange import names_currency
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.ingest.deliveries import Limits, check_usable
from segmentation_pipeline.quality.key_spelling import is_compared_with_customers
from segmentation_pipeline.quality.thresholds import check_thresholds, threshold_rules
from segmentation_pipeline.run_context import RunContext, StepResult


def steps(config: Config) -> list[Step]:
    return [_step(name, config) for name in config.cleaning_order]


def _step(name: str, config: Config) -> Step:
    source, mapping = SOURCES[name], config.sources[name]
    comes_from = tables.clean(mapping.derive_from) if mapping.derive_from else tables.raw(name)
    refers_to = [r.to_source for r in source.references if r.to_source in config.sources]
    if config.sources["orders"].derive_from == name:
        refers_to.remove("orders")
    if config.has("exchange_rates") and names_currency(source, config):
        refers_to.append("exchange_rates")
    if config.has("customers") and is_compared_with_customers(name):
        refers_to.append("customers")

    def compute(run: RunContext) -> StepResult:
        account = clean_source(run.engine, name, run.config, run.as_of, run.changes)
        limits = Limits.of(run.config, name, run.accept_shrunk, run.run_id)
        check_usable(run.engine, name, run.config, limits, run.as_of)
        shown = {
            "quarantined by reason": [{"reason": r, "rows": rows} for r, rows in account.quarantined_by_reason.items()],
            "blanked values by reason": [{"reason": r, "values": rows} for r, rows in account.blanked_by_reason.items()],
        }
        return StepResult(
            rows=account.clean,
            numbers={
                "read": account.read,
                "quarantined": account.quarantined,
                "superseded": account.superseded,
                "later than as_of": account.later,
            },
            tables={name: rows for name, rows in shown.items() if rows},
        )

    return Step(
        table=tables.clean(name),
        compute=compute,
        reads=list(dict.fromkeys([comes_from, *(tables.clean(other) for other in refers_to)])),
        adds_to=(tables.ROW_ACCOUNTING,),
        thresholds=lambda run: check_thresholds(run.engine, run.config, name, run.as_of),
        threshold_rules={rule.name: [rule] for rule in threshold_rules(config)[tables.clean(name)]},
    )
