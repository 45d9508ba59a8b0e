"""Why one customer is or is not in each campaign."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.labels import Arm


def explain_customer(selections: Mapping[str, ir.Table], customer_id: str) -> ir.Table:
    """One row per campaign that knows the customer, by name; no row when nobody has that id.

    ``selections`` maps campaign names to what ``gate.select_audience`` returned.  ``campaign``;
    ``arm``: 'treatment' or 'holdout', null = left out; ``stopped_at``: the ``FunnelStep`` that left
    them out, null = chosen; ``rank`` (null = stopped before the ranking); ``reason`` in words, for
    example "no consent for email/marketing: withdrawn on 2026-03-01".
    """
    if not selections:
        raise ValueError("no campaigns to explain: campaigns.yaml has none")
    answers = []
    for name, selection in selections.items():
        found = selection.filter(selection.customer_id == customer_id)
        chosen = found.outcome.isin([arm.value for arm in Arm])
        nothing = ibis.null("string")
        answers.append(
            found.select(
                campaign=ibis.literal(name),
                arm=chosen.ifelse(found.outcome, nothing),
                stopped_at=chosen.ifelse(nothing, found.outcome),
                rank=found["rank"],
                reason=found.reason,
            )
        )
    return ibis.union(*answers).order_by("campaign") if len(answers) > 1 else answers[0]
