"""Why one customer is or is not in each campaign."""

from __future__ import annotations

from collections.abc import Mapping

import ibis.expr.types as ir

from segmentation_pipeline.campaigns.due import not_due_words
from segmentation_pipeline.config.schema import Campaign
from segmentation_pipeline.contracts.labels import Arm, FunnelStep
from segmentation_pipeline.engine.base import Engine


def explain_customer(
    engine: Engine, selections: ir.Table, campaigns: Mapping[str, Campaign], customer_id: str
) -> list[dict[str, object]]:
    """One row per campaign, by name, for a customer of the profile the selections were made of.

    ``selections`` is what ``gate.select_audience`` returned for each campaign, with its name as
    ``campaign``.  Keys: ``campaign``; ``arm``: 'holdout', 'treatment' or the name of an arm, None = left out;
    ``stopped_at``: the ``FunnelStep`` that left them out, None = chosen; ``rank`` (None = stopped
    before the ranking); ``reason`` in words, for example "no consent for email/marketing: withdrawn
    on 2026-03-01".
    """
    rows = engine.rows(selections.filter(selections.customer_id == customer_id))
    found = {str(row["campaign"]): row for row in rows}
    return [_answer(name, campaigns[name], found.get(name)) for name in sorted(campaigns)]


def _answer(name: str, campaign: Campaign, found: Mapping[str, object] | None) -> dict[str, object]:
    rule = f"rule does not hold: {campaign.audience}{not_due_words(campaign)}"
    found = found or {"outcome": FunnelStep.RULE.value, "arm": None, "rank": None, "reason": rule}
    outcome = str(found["outcome"])
    chosen = outcome in [arm.value for arm in Arm]
    return {
        "campaign": name,
        "arm": found["arm"] if chosen else None,
        "stopped_at": None if chosen else outcome,
        "rank": found["rank"],
        "reason": found["reason"],
    }
