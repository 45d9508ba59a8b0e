"""Who was assigned to which arm of which campaign, and since when what they do counts.

Assigned is who was drawn, contacted or not: what follows is measured by that, so that nothing that happens after the draw
decides who is compared with whom (intention to treat).
"""

from __future__ import annotations

from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.pressure import key_of_today
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.measurement.definitions import LISTS, LOG, Definition

ASSIGNMENT = {
    "campaign_key": "string",
    "source": "string",
    "campaign": "string",
    "version": "int64",
    "channel": "string",
    "arm": "string",
    "contacted": "boolean",
    "account": "string",
    "customer_id": "string",
    "assigned_on": "date",
    "counts_from": "date",
    "visited": "boolean",
    "converted": "boolean",
    "outcome_amount": Type.MONEY.ibis,
}
"""A row is a person on a list, or in the contact log.

``campaign_key`` is today's; ``account`` is who was drawn, ``customer_id`` the person now.  ``counts_from`` is the first day of
the outcome window: the day after a list's, as lists are made of what was known at the end of their day, and the day of
the contact where the log tells it.  The last three are outcomes the log reports.
"""


def assignments(lists: ir.Table | None, log: ir.Table | None, config: Config) -> ir.Table | None:
    """All rows of both; None without either.  ``lists`` are rows of campaign_audiences, ``log`` is ``clean.campaign_contacts``,
    under the ids they came with."""
    parts = [] if lists is None else [_of_lists(lists, log, config)]
    parts += [] if log is None else [_of_log(log, config)]
    return ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else None


def _of_lists(lists: ir.Table, log: ir.Table | None, config: Config) -> ir.Table:
    told = lists.mutate(
        contacted=lists.arm != Arm.HOLDOUT.value, key=key_of_today(lists.campaign_key, config.stored_campaign_keys)
    )
    if log is not None:
        named = log.mutate(of=key_of_today(log.campaign.strip().lower(), config.campaign_keys))
        kept_out = named.filter(named.arm.strip().lower() == Arm.HOLDOUT.value)
        kept_out = kept_out.group_by(of="of", whom="customer_id").agg(on=kept_out.event_date.max())
        told = told.left_join(kept_out, [told.key == kept_out.of, told.customer_id == kept_out.whom])
        told = told.mutate(contacted=told.contacted & ~(told.on >= told.as_of).fill_null(False))
    values = {
        "campaign_key": told.key,
        "source": ibis.literal(LISTS),
        "campaign": told.campaign,
        "version": told.version,
        "channel": told.channel,
        "arm": told.arm,
        "contacted": told.contacted,
        "account": told.customer_id,
        "customer_id": told.customer_id,
        "assigned_on": told.as_of,
        "counts_from": told.as_of + ibis.interval(days=1),
        **dict.fromkeys(("visited", "converted", "outcome_amount")),
    }
    return told.select(**_typed(values))


def _of_log(log: ir.Table, config: Config) -> ir.Table:
    label, arm = log.campaign.strip().lower(), log.arm.strip().lower()
    of_experiment = {
        name: (experiment.labels(name), len(experiment.labels(name)) > 1) for name, experiment in config.experiments.items()
    }
    keys = config.campaign_keys | {each: name for name, (labels, _) in of_experiment.items() for each in labels}
    shared = [each for labels, several in of_experiment.values() if several for each in labels]
    values = {
        "campaign_key": key_of_today(label, keys),
        "source": ibis.literal(LOG),
        "campaign": label,
        "version": ibis.literal(1),
        "channel": log.channel.strip().lower() if "channel" in log.columns else None,
        # Campaigns that share a control are the arms of one experiment.
        "arm": ibis.ifelse(label.isin(shared) & (arm == Arm.TREATMENT.value), label, arm) if shared else arm,
        "contacted": arm != Arm.HOLDOUT.value,
        "account": log.customer_id,
        "customer_id": log.customer_id,
        "assigned_on": log.event_date,
        "counts_from": log.event_date,
        **{name: log[name] if name in log.columns else None for name in ("visited", "converted", "outcome_amount")},
    }
    return log.select(**_typed(values))


def _typed(values: dict[str, ir.Value | None]) -> dict[str, ir.Value]:
    given = {name: value for name, value in values.items() if value is not None}
    return {name: given[name].cast(kind) if name in given else ibis.null(kind) for name, kind in ASSIGNMENT.items()}


def first_drawn(rows: ir.Table, definitions: Iterable[Definition]) -> ir.Table:
    """Who was drawn for the campaigns of ``definitions``, a row per campaign and person.

    It has ``campaign_key``, ``customer_id``, ``arm``, ``counts_from`` and ``contacted`` of the first time.

    Only the first: whether somebody is drawn again may depend on what the first message did.  Whoever was in several arms on
    that day, under several accounts, is left out.
    """
    of_lot = [(rows.campaign_key == each.key) & (rows.source == each.source) for each in definitions if each.randomised]
    own = rows.filter(ibis.or_(*of_lot)) if of_lot else rows.limit(0)
    # A day and an interval are a timestamp in DuckDB, whatever Ibis takes them for.
    own = own.mutate(counts_from=own.counts_from.cast("timestamp").cast("date"))
    own = own.mutate(first=own.counts_from.min().over(ibis.window(group_by=["campaign_key", "customer_id"])))
    own = own.filter(own.counts_from == own.first)
    arms = own.group_by("campaign_key", "customer_id", "counts_from").agg(
        arm=own.arm.min(), last_arm=own.arm.max(), contacted=own.contacted.any()
    )
    return arms.filter(arms.arm == arms.last_arm).select("campaign_key", "customer_id", "arm", "counts_from", "contacted")


def of_persons(rows: ir.Table, identity: ir.Table | None, excluded: ir.Table) -> ir.Table:
    """``rows`` with the person an account belongs to now as ``customer_id``; without whom nothing may be said of."""
    if identity is not None:
        names = identity.select(merged="customer_id", canonical="canonical_customer_id")
        placed = rows.left_join(names, rows.account == names.merged)
        rows = placed.mutate(customer_id=ibis.coalesce(placed.canonical, placed.account)).drop("merged", "canonical")
    return rows.anti_join(excluded, "customer_id")
