"""Campaigns that wait for something: the tables that tell of it, and whose day it is in a run."""

from __future__ import annotations

from contextlib import ExitStack
from typing import cast

import ibis.expr.types as ir

from segmentation_pipeline.campaigns.due import Awaited, due_customers
from segmentation_pipeline.campaigns.journey import followed
from segmentation_pipeline.campaigns.pressure import contacts
from segmentation_pipeline.campaigns.triggers.catalog import trigger_tables
from segmentation_pipeline.campaigns.triggers.trigger import Inputs, Trigger, order_tables
from segmentation_pipeline.config.schema import Campaign, Config
from segmentation_pipeline.identity.canonical import contacts_by_customer
from segmentation_pipeline.run_context import RunContext


def due_tables(config: Config) -> list[str]:
    """The tables read to know whose day it is; none where no campaign waits for anything."""
    steps = any(campaign.depends_on is not None for campaign in config.campaigns.values())
    return list(dict.fromkeys([*trigger_tables(config), *(order_tables(config) if steps else ())]))


def due_of_campaign(run: RunContext, campaign: Campaign, known: ir.Table | None, held: ExitStack) -> ir.Table | None:
    """Whose day it is (``due.due_customers``), staged until ``held`` closes; None for a campaign that waits for nothing.

    ``known`` is ``pressure.contacts``: nobody goes on who was never contacted.
    """
    happened: list[tuple[Awaited, ir.Table]] = []
    if campaign.trigger is not None:
        happened.append((campaign.trigger, cast(Trigger, campaign.trigger).happened(_inputs(run, campaign.trigger))))
    if (step := campaign.depends_on) is not None:
        # An experiment is known in the contact log by its name.
        key = run.config.campaign_key(step.campaign) if step.campaign in run.config.campaigns else step.campaign
        orders = _inputs(run, step).orders
        everybody = _nobody(run) if known is None else known
        happened.append((step, followed(everybody, _logged(run), key, step, orders, run.as_of)))
    return held.enter_context(run.engine.staged(due_customers(happened, run.as_of))) if happened else None


def _inputs(run: RunContext, what: Awaited) -> Inputs:
    first, last = what.event_days(run.as_of)
    return Inputs(run.engine.table, run.engine.rows, run.config, run.as_of, first, last)


def _logged(run: RunContext) -> ir.Table | None:
    """The contacts that the contact log tells."""
    engine, config = run.engine, run.config
    return contacts(contacts_by_customer(engine, config), None, config.campaign_keys) if config.has("campaign_contacts") else None


def _nobody(run: RunContext) -> ir.Table:
    schema = {"campaign": "string", "customer_id": "string", "channel": "string", "arm": "string", "event_date": "date"}
    return run.engine.memtable({name: [] for name in schema}, schema)
