"""What draws of arms read beside the campaign: who is reached together, and who was drawn on other days."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.arms import first_drawn
from segmentation_pipeline.campaigns.households import reached_together
from segmentation_pipeline.campaigns.stored import people_of
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.privacy.accounts import ADDRESS, compared_address
from segmentation_pipeline.run_context import RunContext


def asks_for_households(config: Config) -> bool:
    """Whether a list or the global control group depends on who lives together."""
    listed_once = any(campaign.one_per == "household" for campaign in config.campaigns.values())
    return listed_once or (config.decision.global_holdout_share > 0 and config.has("identities"))


def reached_by_whatever(run: RunContext, everybody: ir.Table, held: ExitStack) -> ir.Table | None:
    """Who is reached with others by any channel or household (``households.reached_together``); None without a control group.

    By e-mail and telephone always, so that another campaign changes nobody's group; by post where a campaign uses it.
    """
    config, engine = run.config, run.engine
    if not config.decision.global_holdout_share:
        return None
    channels = sorted({"email", "sms", *(campaign.channel for campaign in config.campaigns.values())})
    compared = everybody.mutate(**{ADDRESS[channel]: compared_address(everybody, channel) for channel in channels})
    homes = engine.table(tables.HOUSEHOLDS) if config.has("identities") else None
    return reached_together(engine, homes, compared, channels, held)


def drawn_on_other_days(
    run: RunContext, name: str, everybody: ir.Table, homes: Callable[[str], ir.Table], held: ExitStack
) -> ir.Table | None:
    """``arms.first_drawn`` of one campaign: by its lists of other days, and by versions before the one that is made; stored."""
    engine, config, as_of = run.engine, run.config, run.as_of
    key, keys, campaign = config.campaign_key(name), config.campaign_keys, config.campaigns[name]
    version = run.audiences_made.versions.get(name)
    lists = [
        each
        for each in sorted(run.known_lists)
        if keys.get(each.campaign, each.campaign) == key
        and (each.as_of != as_of or (version is not None and each.version < version))
    ]
    rows = people_of(engine, run.settings.audiences, lists, held)
    if rows is None:
        return None
    people = everybody.select("account", person="customer_id").distinct()
    placed = rows.rename(account="customer_id").left_join(people, "account").drop("account_right")
    of_today = placed.mutate(customer_id=ibis.coalesce(placed.person, placed.account)).drop("person")
    households = homes(campaign.channel) if campaign.one_per == "household" else None
    return held.enter_context(engine.staged(first_drawn(of_today, everybody, households, campaign.channel)))
