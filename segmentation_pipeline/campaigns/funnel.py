"""How many people each step of a campaign left out, and why."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from segmentation_pipeline.campaigns.context import CampaignContext
from segmentation_pipeline.campaigns.reasons import step_reason
from segmentation_pipeline.contracts.labels import Arm, FunnelStep


def campaign_funnel(
    selection: ir.Table,
    context: CampaignContext,
    *,
    population: int,
    has_ledger: bool,
    notes: Mapping[FunnelStep, str] | None = None,
) -> ir.Table:
    """The steps of one campaign, for ``campaigns.campaign_funnel``.

    ``selection`` is what ``gate.select_audience`` returned for a profile of ``population`` customers;
    ``has_ledger`` says whether it was given a consent ledger; ``notes`` is what else is to be said at a
    step.  One row per ``FunnelStep``, always all
    of them: ``as_of`` (DATE), ``campaign``, ``version`` of the list, ``step_number`` (from 1), ``step``, ``entered``,
    ``left_out``, ``remained`` (customers), ``reason``.

    ``entered - left_out = remained``; what remained enters the next step; the first step is entered
    by the whole population and ``exported`` is what stands in the audience file.
    """
    counted = _counted(_steps(context, has_ledger, notes or {}), selection, population)
    return counted.select(
        as_of=ibis.literal(context.as_of),
        campaign=ibis.literal(context.name),
        version=ibis.literal(context.version, "int64"),
        step_number=counted.step_number,
        step=counted.step,
        entered=counted.entered,
        left_out=counted.left_out.cast("int64"),
        remained=(counted.entered - counted.left_out).cast("int64"),
        reason=counted.reason,
    )


def _steps(context: CampaignContext, has_ledger: bool, notes: Mapping[FunnelStep, str]) -> ir.Table:
    """``step_number``, ``step`` and ``reason`` of every step."""
    reasons = {step: step_reason(step, context, has_ledger=has_ledger) for step in FunnelStep}
    for step, note in notes.items():
        reasons[step] = note if step is FunnelStep.RULE else f"{reasons[step]}; {note}"
    return ibis.memtable(
        pa.table(
            {
                "step_number": pa.array(range(1, len(FunnelStep) + 1), pa.int64()),
                "step": [step.value for step in FunnelStep],
                "reason": list(reasons.values()),
            }
        )
    )


def _counted(steps: ir.Table, selection: ir.Table, population: int) -> ir.Table:
    """``steps`` with how many ``entered`` and how many were ``left_out``."""
    last_step = (selection.outcome == Arm.TREATMENT).ifelse(FunnelStep.EXPORTED.value, selection.outcome)
    ends = selection.group_by(step=last_step).agg(people=selection.count())
    counted = steps.left_join(ends, "step").mutate(people=ibis._.people.fill_null(0))
    # The selection knows only those the rule names; of these some end at it, for the campaign is not in their language.
    of_rule = counted.step == FunnelStep.RULE
    beyond_rule = population - of_rule.ifelse(0, counted.people).sum().over(ibis.window())
    counted = counted.mutate(people=ibis.ifelse(of_rule, beyond_rule, counted.people))
    return counted.mutate(
        # Who ends at a later step has entered this one, so the sum runs from the last step back.
        entered=counted.people.sum().over(order_by=ibis.desc("step_number"), rows=(None, 0)).cast("int64"),
        left_out=(counted.step == FunnelStep.EXPORTED).ifelse(0, counted.people),
    )
