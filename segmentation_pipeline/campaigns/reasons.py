"""The words for each step of a campaign: per customer and per step, written once.

No word here comes from a free-text field of a source, so a reason can be shown anywhere.
"""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.context import CampaignContext
from segmentation_pipeline.campaigns.due import not_due_words
from segmentation_pipeline.config.schema import Campaign, PrivacyConfig
from segmentation_pipeline.contracts.labels import Arm, FunnelStep
from segmentation_pipeline.privacy.consent import consent_basis
from segmentation_pipeline.values.ledger_words import GRANTED, WITHDRAWN

_NO_ADDRESS = {
    "email": "no usable e-mail address",
    "sms": "no usable phone number",
    "ads": "no usable e-mail address",
    "post": "no complete postal address",
}

_IN_CONTROL = "in the global control group"
_SAME_ADDRESS = "somebody better ranked has the same address"
_ADDRESS_SHARED = "another campaign contacts somebody with the same address or household on this day"
_SAME_HOUSEHOLD = "somebody better ranked lives in the same household"


def step_reason(step: FunnelStep, context: CampaignContext, *, has_ledger: bool) -> str:
    """Why people are left out at ``step``, in one line."""
    campaign, privacy, as_of = context.campaign, context.privacy, context.as_of
    match step:
        case FunnelStep.RULE:
            rule = f"rule does not hold: {campaign.audience}{not_due_words(campaign, as_of)}"
            return f"{rule}; or {_not_in(campaign)}" if campaign.languages else rule
        case FunnelStep.ADDRESS:
            return _NO_ADDRESS[campaign.channel]
        case FunnelStep.CONSENT:
            if privacy.consent == "required" and has_ledger:
                return f"no consent for {_consent_name(campaign)} on {as_of}, or withdrawn since"
            return consent_basis(privacy, has_ledger=has_ledger)
        case FunnelStep.SUPPRESSION:
            return "on the suppression list, by person or address"
        case FunnelStep.REPEAT:
            return _repeat_reason(campaign)
        case FunnelStep.RECENT_CONTACT:
            return f"contacted less than {campaign.quiet_days} days ago" if campaign.quiet_days else "no quiet time is configured"
        case FunnelStep.GLOBAL_HOLDOUT:
            return _control_group_reason(context)
        case FunnelStep.CAP:
            return "contacted as often as a cap allows"
        case FunnelStep.NO_GAIN:
            return "a contact is expected to earn no more than it costs"
        case FunnelStep.SAME_HOUSEHOLD:
            return _SAME_HOUSEHOLD if campaign.one_per == "household" else f"one list entry per {campaign.one_per}"
        case FunnelStep.SAME_ADDRESS:
            return _SAME_ADDRESS if campaign.one_per != "person" else "one list entry per person"
        case FunnelStep.LOST_TO:
            return "another campaign contacts them on this day"
        case FunnelStep.ADDRESS_SHARED:
            return _ADDRESS_SHARED
        case FunnelStep.BUDGET:
            return f"beyond the budget of {campaign.budget} a day" if campaign.budget is not None else "beyond the budget"
        case FunnelStep.LIMIT:
            return f"not among the {campaign.limit} best by {campaign.rank_by}" if campaign.limit else "no limit is configured"
        case FunnelStep.HOLDOUT:
            return _holdout_reason(campaign)
        case FunnelStep.EXPORTED:
            return "in the audience file"


def customer_reason(validated: ir.Table, campaign: Campaign, privacy: PrivacyConfig, *, has_ledger: bool) -> ir.StringValue:
    """Why each row of ``validated`` has its ``outcome``.

    Reads the columns the gate made: ``outcome``, ``arm``, ``rank``, ``consent``, ``consent_since``,
    ``suppressed``, ``suppressed_on``, ``had_on``, ``had_arm``, ``contacted_on``, ``capped``, ``gain`` and ``lost_to``.
    """
    consent = f"consent for {_consent_name(campaign)}"
    ranked = _joined("rank ", validated["rank"].cast("string"), f" by {campaign.rank_by}")
    if privacy.consent == "required" and not has_ledger:
        refused: ir.StringValue | str = consent_basis(privacy, has_ledger=False)
    else:
        refused = ibis.cases(
            (validated["consent"] == WITHDRAWN, _joined(f"no {consent}: withdrawn on ", _day(validated["consent_since"]))),
            else_=f"no {consent}: never given",
        )
    allowed = ibis.cases(
        (validated["consent"] == GRANTED, _joined(f"{consent} since ", validated["consent_since"].cast("string"))),
        else_=consent_basis(privacy, has_ledger=has_ledger),
    )
    arm = ("; arm ", validated["arm"]) if campaign.arms else ()
    outcome = validated["outcome"]
    return cast(
        ir.StringValue,
        ibis.cases(
            (outcome == FunnelStep.RULE, _not_in(campaign)),
            (outcome == FunnelStep.ADDRESS, _NO_ADDRESS[campaign.channel]),
            (outcome == FunnelStep.CONSENT, refused),
            (outcome == FunnelStep.SUPPRESSION, _joined("suppressed since ", _day(validated["suppressed_on"]))),
            (outcome == FunnelStep.REPEAT, _had(validated, campaign)),
            (
                outcome == FunnelStep.RECENT_CONTACT,
                _joined("contacted on ", validated["contacted_on"].cast("string"), f", quiet time is {campaign.quiet_days} days"),
            ),
            (outcome == FunnelStep.GLOBAL_HOLDOUT, _IN_CONTROL),
            (outcome == FunnelStep.CAP, _joined("contacted as often as a cap allows: ", validated["capped"])),
            (outcome == FunnelStep.NO_GAIN, _joined("expected to earn ", _money(validated["gain"]), ", cost included")),
            (outcome == FunnelStep.LOST_TO, _joined("lost to ", validated["lost_to"], ", which contacts them on this day")),
            (outcome == FunnelStep.ADDRESS_SHARED, _ADDRESS_SHARED),
            (outcome == FunnelStep.BUDGET, _joined(ranked, ", beyond the budget")),
            (outcome == FunnelStep.SAME_HOUSEHOLD, _SAME_HOUSEHOLD),
            (outcome == FunnelStep.SAME_ADDRESS, _SAME_ADDRESS),
            (outcome == FunnelStep.LIMIT, _joined(ranked, f", limit is {campaign.limit}")),
            (outcome == Arm.HOLDOUT, _joined(ranked, f"; {_kept_out(campaign)}")),
            else_=_joined(f"rule holds: {campaign.audience}; ", allowed, "; ", ranked, *arm),
        ),
    )


def _not_in(campaign: Campaign) -> str:
    return f"the language is not known or none of {', '.join(campaign.languages)}"


def _control_group_reason(context: CampaignContext) -> str:
    share = context.decision.global_holdout_share
    if not share:
        return "no global control group is configured"
    if context.campaign.holdout == "global":
        return "the global control group is this campaign's holdout: its members are counted there"
    return f"{_IN_CONTROL}, {share * 100:g}% of all people, to measure the effect of all campaigns together"


def _holdout_reason(campaign: Campaign) -> str:
    if campaign.holdout == "none":
        return "no holdout is drawn"
    if campaign.holdout == "global":
        return f"{_IN_CONTROL}, to measure the effect"
    within = f", in every stratum by {', '.join(campaign.stratify_by)}," if campaign.stratify_by else ","
    return f"kept out by draw, {campaign.holdout_share * 100:g}% of those left{within} to measure the effect"


def _kept_out(campaign: Campaign) -> str:
    drawn = f"kept out for being {_IN_CONTROL}" if campaign.holdout == "global" else "kept out by draw"
    return f"{drawn} to measure the effect"


def _repeat_reason(campaign: Campaign) -> str:
    if campaign.kind == "standing":
        return "a standing list keeps who is on it"
    if campaign.repeat_after_days is None:
        return "had this message, or was drawn to be kept out of it; it is sent once"
    return f"had this message, or was drawn to be kept out of it, less than {campaign.repeat_after_days} days ago"


def _had(validated: ir.Table, campaign: Campaign) -> ir.StringValue:
    again = campaign.repeat_after_days
    rule = "it is sent once" if again is None else f"it may come again after {again} days"
    day = validated["had_on"].cast("string")
    kept_out = _joined("drawn on ", day, f" to be kept out of this message; {rule}")
    return cast(
        ir.StringValue,
        ibis.ifelse(validated["had_arm"] == Arm.HOLDOUT, kept_out, _joined("had this message on ", day, f"; {rule}")),
    )


def _money(amount: ir.Value) -> ir.StringValue:
    return cast(ir.StringValue, amount.cast("decimal(18, 2)").cast("string"))


def _day(day: ir.Value) -> ir.StringValue:
    return cast(ir.StringValue, day.cast("string").fill_null("a day that cannot be read"))


def _consent_name(campaign: Campaign) -> str:
    return f"{campaign.channel}/{campaign.purpose}"


def _joined(*parts: ir.StringValue | str) -> ir.StringValue:
    text: ir.StringValue = ibis.literal("")
    for part in parts:
        text = text + part
    return text
