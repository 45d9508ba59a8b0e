"""Whether holdouts are large enough to measure anything, as asset checks that warn and say what could be seen."""

from __future__ import annotations

from dataclasses import replace

from segmentation_pipeline.campaigns.detectable import NOBODY, Drawn, drawn_so_far
from segmentation_pipeline.campaigns.pressure import key_of_today
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.identity.canonical import rows_by_customer
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.result import RuleResult, table_result
from segmentation_pipeline.run_context import RunContext

_CURE = "Raise holdout_share or wait for more people; 'holdout: none' says that its effect is not to be measured"


def draws_of(run: RunContext) -> dict[str, Drawn]:
    """Who was drawn for each configured campaign up to the day, by its name."""
    engine, config = run.engine, run.config
    stored = engine.table(tables.CAMPAIGN_AUDIENCES)
    lists = stored.mutate(campaign_key=key_of_today(stored.campaign_key, config.stored_campaign_keys))
    orders = completed_orders(rows_by_customer(engine, config, "orders"), config)
    customers = engine.count(engine.table(tables.CUSTOMER_PROFILE))
    windows = {name: campaign.measurement.window_days for name, campaign in config.campaigns.items()}
    found = {days: drawn_so_far(engine, lists, orders, customers, run.as_of, days) for days in sorted({*windows.values()})}
    return {name: found[days].get(config.campaign_key(name), NOBODY) for name, days in windows.items()}


def holdout_rules(config: Config) -> tuple[Check, ...]:
    """One per campaign that holds people out."""
    return tuple(
        Check(
            name=f"{name}_can_be_measured",
            table=tables.CAMPAIGN_FUNNEL,
            expectation="holdout_can_show_an_effect",
            arguments={},
            severity="warning",
            description=f"campaign {name} should hold out enough people to show an effect",
            catches="People who are kept out of a campaign for a comparison that cannot tell an effect from chance.",
        )
        for name, campaign in config.campaigns.items()
        if campaign.holdout == "global" or campaign.own_holdout_share > 0
    )


def holdout_results(run: RunContext) -> list[RuleResult]:
    """What the holdouts of the day can show; ``observed`` says it in words."""
    drawn = draws_of(run)
    return [_result(check, drawn[check.name.removesuffix("_can_be_measured")]) for check in holdout_rules(run.config)]


def _result(check: Check, drawn: Drawn) -> RuleResult:
    people, why = drawn.contacted + drawn.held_out, drawn.too_small
    result = table_result(check, why is None, people, drawn.told if people else "nobody drawn so far")
    return result if why is None else replace(result, message=f"{check.table}: {check.description}: {why}. {drawn.told}. {_CURE}")
