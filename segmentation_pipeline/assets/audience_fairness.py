"""The day's lists by declared group, and what somebody should answer for."""

from __future__ import annotations

import ibis

from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.campaigns.fairness import BELOW, Cell, count_cells, fairness_rows, latest_lists
from segmentation_pipeline.campaigns.proxies import auc_by_group, columns_of, told
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.audience_fairness import AUDIENCE_FAIRNESS_COLUMNS
from segmentation_pipeline.identity.canonical import rows_by_customer, tables_by_customer
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.result import RuleResult, table_result
from segmentation_pipeline.run_context import RunContext, StepResult

_SCHEMA = {column.name: column.type.ibis for column in AUDIENCE_FAIRNESS_COLUMNS}


def steps(config: Config) -> list[Step]:
    if config.privacy.fairness is None or not config.has("customers"):
        return []
    return [
        Step(
            table=tables.AUDIENCE_FAIRNESS,
            compute=_fairness,
            reads=[
                tables.CAMPAIGN_AUDIENCES,
                tables.CAMPAIGN_FUNNEL,
                tables.CUSTOMER_PROFILE,
                *tables_by_customer(config, "customers"),
            ],
            thresholds=_results,
            threshold_rules={tables.AUDIENCE_FAIRNESS: _rules(config)},
        )
    ]


def _rules(config: Config) -> tuple[Check, ...]:
    fairness = config.privacy.fairness
    assert fairness is not None
    return tuple(
        Check(
            name=f"{campaign}_{attribute}_four_fifths",
            table=tables.AUDIENCE_FAIRNESS,
            expectation="four_fifths",
            arguments={"campaign": campaign, "attribute": attribute},
            severity="warning",
            description=f"{campaign} must reach no group of {attribute} at less than four fifths of the highest rate, unwaived",
            catches="A campaign that passes over a group.",
        )
        for campaign in config.campaigns
        for attribute in fairness.groups
    )


def _results(run: RunContext) -> list[RuleResult]:
    stored = run.engine.table(tables.AUDIENCE_FAIRNESS)
    rows = run.engine.rows(stored.filter(stored.as_of == run.as_of))
    results = []
    for rule in _rules(run.config):
        own = [row for row in rows if (row["campaign"], row["attribute"]) == tuple(rule.arguments.values())]
        below = [row for row in own if row["flag"] == BELOW and row["waived_by"] is None]
        found = "; ".join(
            f"{row['customer_group']} {row['measure']} {row['rate']:.1%}, ratio {row['ratio']:.2f}" for row in below
        )
        results.append(table_result(rule, not below, len(own), found or None))
    return results


def _fairness(run: RunContext) -> StepResult:
    engine, config = run.engine, run.config
    fairness = config.privacy.fairness
    assert fairness is not None
    profile = engine.table(tables.CUSTOMER_PROFILE)
    customers = rows_by_customer(engine, config, "customers")
    stored = engine.table(tables.CAMPAIGN_AUDIENCES)
    funnel = engine.table(tables.CAMPAIGN_FUNNEL)
    audiences = latest_lists(stored.filter(stored.as_of == run.as_of), funnel.filter(funnel.as_of == run.as_of))
    campaigns = sorted(config.campaigns)
    cells: list[Cell] = []
    proxies: dict[tuple[str, str, str], float | None] = {}
    for attribute in fairness.groups:
        groups = customers.select("customer_id", attribute)
        cells += count_cells(engine, profile, groups, audiences, attribute, campaigns)
        for name in campaigns:
            columns = columns_of(config.campaigns[name], profile.columns)
            found = auc_by_group(engine, profile, groups, attribute, columns, config.privacy.salt)
            proxies |= {(name, attribute, group): auc for group, auc in found.items()}
    rows = [{"as_of": run.as_of, **row} for row in fairness_rows(cells, proxies, fairness)]
    fresh = engine.memtable({name: [row[name] for row in rows] for name in _SCHEMA}, _SCHEMA)
    if not engine.has(tables.AUDIENCE_FAIRNESS):
        engine.write(tables.AUDIENCE_FAIRNESS, fresh.filter(ibis.literal(False)))
    engine.replace_slice(tables.AUDIENCE_FAIRNESS, fresh, {"as_of": run.as_of})
    lines = [
        f"- {campaign}: the columns it chooses by tell {attribute} {group} from others (AUC {auc:.2f})"
        for campaign, attribute, group, auc in told(proxies)
    ]
    below = [row for row in rows if row["flag"] == BELOW]
    numbers = {"groups below four fifths": len(below), "of them waived": sum(row["waived_by"] is not None for row in below)}
    return StepResult(len(rows), numbers={**numbers}, texts={"told by proxies": "\n".join(lines)} if lines else {})
