"""The gate: the only function that makes an audience, and it cannot be called without the ledgers.

Nobody passes by omission: a missing consent ledger or address table stops everyone, an unknown
rule result is a no.  Belongs here: who may be contacted.  Does not belong here: files and
personal data (``export.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.arms import stratum, with_arms, with_control_group
from segmentation_pipeline.campaigns.caps import at_cap
from segmentation_pipeline.campaigns.context import CampaignContext, CampaignError, Ledgers
from segmentation_pipeline.campaigns.due import with_due
from segmentation_pipeline.campaigns.pressure import last_contacts
from segmentation_pipeline.campaigns.reasons import customer_reason
from segmentation_pipeline.config.schema import Campaign
from segmentation_pipeline.contracts.labels import Arm, FunnelStep
from segmentation_pipeline.engine.hash_sampling import sampling_hash
from segmentation_pipeline.privacy.standing import consented

BindRule = Callable[[str, ir.Table], ir.BooleanValue]
"""The text of a rule and a table to the rule's value per row."""
BindCalculation = Callable[[str, ir.Table], ir.FloatingValue]
"""The text of a calculation and a table to the number per row, null = not known."""


_SHARED = {"person": (), "address": ("address",), "household": ("address", "household_id")}
"""By what else than the person a contact counts."""


def select_audience(context: CampaignContext, profile: ir.Table, bind: BindRule, ledgers: Ledgers) -> ir.Table:
    """The audience of one campaign that shares its people with no other: ``judge``, the best ``limit``, then the arms.

    One row per customer for whom the rule holds; all others of ``profile`` stop at the rule:
    ``customer_id``; ``outcome``: the ``FunnelStep`` that stopped them, or the ``Arm`` ('treatment' for whoever is contacted);
    ``arm``: 'holdout', 'treatment' or the name of the campaign's arm, null for who was stopped; ``stratum`` of the draw, null
    without strata;
    ``rank``: 1 = best among those who reached the limit, on a standing list after who is on it already, null for others;
    ``expected_value``: the ``rank_by`` column as double, null = not known; ``gain``: what contacting them is expected to
    earn, value less cost, null = not known; ``lost_to``: the campaign that contacts them instead, null = none; ``reason``:
    in words.

    The ranking sorts everyone who passed: store the result when it is read more than once.

    Raises ``CampaignError`` when ``rank_by`` is no numeric column of ``profile``, and without the households it asks for.
    """
    decided = chosen_alone(judge(context, profile, bind, ledgers), context, ledgers)
    return selection(decided, context, has_ledger=ledgers.consents is not None)


def judge(
    context: CampaignContext, profile: ir.Table, bind: BindRule, ledgers: Ledgers, calculate: BindCalculation | None = None
) -> ir.Table:
    """Judge every customer of ``profile`` whom the campaign's rule names, as known at the end of the day.

    ``profile`` is ``segments.customer_profile``.

    The steps in order: the campaign's rule, of those whose day it is where it waits for something; a usable address for the
    channel; consent for channel and purpose;
    not suppressed, the person nor the address; this message was not sent to them, nor were they drawn to be kept out of
    it, within ``repeat``; no contact by any campaign in the last ``quiet_days`` days, ``as_of`` included, or
    since; not in the global control group; contacted less often than every cap allows; where value decides, a contact that
    earns more than it costs, or of which that is not known; the best ranked of the household, and of those who share the
    address (``one_per``).  A contact counts for the person, for whoever has their address (not with ``one_per: person``) and
    for their household (with ``household``).

    One row per customer for whom the rule holds: ``customer_id``, ``expected_value`` and ``gain`` as ``select_audience``
    says; ``stopped``: the step that stopped them, null = passed; ``address`` (personal data, for comparing only) and ``unit``;
    ``household_id`` (only with ``one_per: household``), ``tie``: the draw that parts equals; ``stratum``, ``in_control``; and
    the facts ``customer_reason`` tells of.
    """
    theirs = with_due(profile, context, ledgers.due)
    named = theirs.filter(in_rule(context.campaign, theirs, bind))
    asked = named.select(
        "customer_id",
        "due",
        expected_value=_rank_value(context, named),
        gain=_gain(context, named, calculate),
        stratum=stratum(context, named),
        addressed=_in_languages(context.campaign, named),
    )
    return _best_of_shared(_stopped(_with_what_is_known(asked, context, ledgers), context), context)


def ranked(judged: ir.Table, context: CampaignContext) -> ir.Table:
    """``judged`` with the ``rank`` of all who are not stopped: 1 = best, null for others."""
    passing = judged.stopped.isnull()
    position = ibis.row_number().over(group_by=passing, order_by=_best_first(judged, context)) + 1
    return judged.mutate(rank=passing.ifelse(position, ibis.null("int64")))


def within_limit(validated: ir.Table, context: CampaignContext) -> ir.Table:
    """``validated``, ranked, with whoever is not among the best ``limit`` stopped."""
    limit, passed = context.campaign.limit, ibis.null("string")
    beyond = passed if limit is None else (validated["rank"] > limit).ifelse(FunnelStep.LIMIT.value, passed)
    return validated.mutate(stopped=validated.stopped.fill_null(beyond))


def in_arms(validated: ir.Table, context: CampaignContext, ledgers: Ledgers) -> ir.Table:
    """``validated`` with the ``arm`` of all who are not stopped, drawn by ``arms.py``: by hash of the customer id (of those who
    share an address or a household the smallest) and the campaign's key, so an arm never depends on who else is in the
    campaign, on other campaigns nor on its name, and an address is in one arm, as is a household with all its addresses."""
    people = validated.mutate(to_draw=validated.stopped.isnull())
    return with_arms(people, context, ledgers.drawn, _best_first(people, context))


def chosen_alone(judged: ir.Table, context: CampaignContext, ledgers: Ledgers) -> ir.Table:
    """``judged`` with ``rank``, ``arm``, ``outcome`` and ``lost_to`` where no other campaign matters."""
    drawn = in_arms(within_limit(ranked(judged, context), context), context, ledgers)
    return drawn.mutate(outcome=outcome_of(drawn), lost_to=ibis.null("string"))


def outcome_of(drawn: ir.Table) -> ir.StringValue:
    """What stopped a person, else whether they are contacted or kept out."""
    contacted = (drawn.arm == Arm.HOLDOUT.value).ifelse(Arm.HOLDOUT.value, Arm.TREATMENT.value)
    return cast(ir.StringValue, drawn.stopped.fill_null(contacted))


def selection(decided: ir.Table, context: CampaignContext, *, has_ledger: bool) -> ir.Table:
    """The columns ``select_audience`` returns, of ``judged`` people with ``rank``, ``arm``, ``outcome`` and ``lost_to``."""
    chosen, nothing = decided.outcome.isin([arm.value for arm in Arm]), ibis.null("string")
    told = decided.mutate(arm=chosen.ifelse(decided.arm, nothing), stratum=chosen.ifelse(decided.stratum, nothing))
    reason = told.due + customer_reason(told, context.campaign, context.privacy, has_ledger=has_ledger)
    return told.select(
        "customer_id", "outcome", "rank", "expected_value", "gain", "lost_to", arm="arm", stratum="stratum", reason=reason
    )


def _with_what_is_known(people: ir.Table, context: CampaignContext, ledgers: Ledgers) -> ir.Table:
    """``people`` with address, consent, suppression, household, contacts and whether they are on the list already."""
    campaign = context.campaign
    said = ledgers.standing(campaign.channel, campaign.purpose, context.privacy)
    places = said.select("customer_id", "address")
    people = _with_facts(people, said)
    if campaign.one_per == "household":
        people = _with_household(context.name, people, ledgers.households)
    people = _with_contacts(people, ledgers, places, context)
    people = with_control_group(people, context, ledgers.together, exempt=campaign.transactional)
    people = _with_caps(people, ledgers, places, context)
    members = ledgers.members
    return _with_facts(people, _nobody(on_list="boolean") if members is None else members.mutate(on_list=True))


def _stopped(known: ir.Table, context: CampaignContext) -> ir.Table:
    """``known`` with ``stopped``: the first step at which what is known of a person stops them, null = none."""
    # Compared with the control group, a campaign goes on with its members: they are its holdout.
    in_control = known.in_control if context.campaign.holdout != "global" else ibis.literal(False)
    earns_nothing = (known.gain <= 0).fill_null(False) if context.by_value else ibis.literal(False)
    return known.mutate(
        stopped=ibis.cases(
            (~known.addressed, FunnelStep.RULE.value),
            (known.address.isnull(), FunnelStep.ADDRESS.value),
            (~consented(known, context.privacy), FunnelStep.CONSENT.value),
            (known.suppressed, FunnelStep.SUPPRESSION.value),
            (known.had_on.notnull(), FunnelStep.REPEAT.value),
            (known.contacted_on.notnull(), FunnelStep.RECENT_CONTACT.value),
            (in_control, FunnelStep.GLOBAL_HOLDOUT.value),
            (known.capped.notnull(), FunnelStep.CAP.value),
            (earns_nothing, FunnelStep.NO_GAIN.value),
            else_=ibis.null("string"),
        )
    )


def _best_of_shared(validated: ir.Table, context: CampaignContext) -> ir.Table:
    """``validated`` with who is not the best of their household or address ``stopped``, and ``tie``."""
    one_per, salt = context.campaign.one_per, f"{context.privacy.salt}|rank|{context.key}"
    # The draw that parts equals is only computed for those not stopped.
    tie = validated.stopped.isnull().ifelse(sampling_hash(validated.customer_id, salt), ibis.null("string"))
    validated = validated.mutate(tie=tie)
    if one_per == "household":
        second = _not_first(validated, "household_id", FunnelStep.SAME_HOUSEHOLD, context)
        validated = validated.mutate(stopped=validated.stopped.fill_null(second))
    if one_per != "person":
        second = _not_first(validated, "address", FunnelStep.SAME_ADDRESS, context)
        validated = validated.mutate(stopped=validated.stopped.fill_null(second))
    return validated


def _in_languages(campaign: Campaign, profile: ir.Table) -> ir.BooleanValue:
    """Whether a customer is known to speak a language the campaign is written in; ``de-AT`` is ``de``."""
    if not campaign.languages:
        return ibis.literal(True)
    spoken = profile.language.strip().lower()
    return spoken.re_replace("[-_].*$", "").isin(campaign.languages).fill_null(False)


def in_rule(campaign: Campaign, profile: ir.Table, bind: BindRule) -> ir.BooleanValue:
    """Whether the campaign's rule surely holds, and that of the step of a journey it is."""
    holds = bind(campaign.audience, profile).fill_null(False)
    step = campaign.depends_on
    return holds if step is None or step.rule is None else holds & bind(step.rule, profile).fill_null(False)


def _rank_value(context: CampaignContext, profile: ir.Table) -> ir.FloatingValue:
    campaign, schema = context.campaign, profile.schema()
    if campaign.rank_by not in schema or not schema[campaign.rank_by].is_numeric():
        numeric = ", ".join(name for name, kind in schema.items() if kind.is_numeric()) or "none"
        raise CampaignError(
            f"campaigns.{context.name}.rank_by: '{campaign.rank_by}' is not a numeric column of the customer profile. "
            f"Choose one of: {numeric}"
        )
    return _known(profile[campaign.rank_by].cast("float64"))


def _known(value: ir.FloatingValue) -> ir.FloatingValue:
    """Engines sort NaN above every number; here it is unknown and comes last."""
    return cast(ir.FloatingValue, value.isnan().ifelse(ibis.null("float64"), value))


def _gain(context: CampaignContext, profile: ir.Table, calculate: BindCalculation | None) -> ir.FloatingValue:
    """Value less cost of one contact; null = not known."""
    campaign = context.campaign
    if campaign.value is None or calculate is None:
        return ibis.null("float64")
    return _known(calculate(campaign.value, profile)) - float(campaign.cost_per_contact or 0)


def _not_first(validated: ir.Table, shared: str, step: FunnelStep, context: CampaignContext) -> ir.StringValue:
    """``step`` for all who passed but the best of those with one value of ``shared``, else null; no value is nobody's."""
    passing = validated.stopped.isnull() & validated[shared].notnull()
    place = ibis.row_number().over(group_by=[passing, validated[shared]], order_by=_best_first(validated, context))
    return (passing & (place > 0)).ifelse(step.value, ibis.null("string"))


def _best_first(validated: ir.Table, context: CampaignContext) -> list[ir.Value]:
    """The order of those not stopped: who is on the list already, where value decides who earns most, then ``rank_by``."""
    by_gain = [ibis.desc(validated.gain, nulls_first=False)] if context.by_value else []
    by_rank = ibis.desc(validated.expected_value, nulls_first=False)
    return [ibis.desc(validated.on_list, nulls_first=False), *by_gain, by_rank, validated.tie]


def _with_facts(validated: ir.Table, facts: ir.Table) -> ir.Table:
    """Add columns known for some customers; ``facts`` has one row per customer_id by construction."""
    return validated.left_join(facts, "customer_id").drop("customer_id_right")


def _with_household(campaign_name: str, validated: ir.Table, households: ir.Table | None) -> ir.Table:
    """``validated`` with ``household_id`` (null = lives with nobody known), and with what they are reached with for ``unit``."""
    if households is None:
        raise CampaignError(
            f"campaigns.{campaign_name}.one_per: it is not known who lives together. Configure source 'identities', "
            "or choose one of: address, person"
        )
    theirs = households.select("customer_id", "household_id", _unit="unit")
    validated = _with_facts(validated, theirs)
    return validated.mutate(unit=ibis.coalesce(validated._unit, validated.unit)).drop("_unit")


def _with_contacts(validated: ir.Table, ledgers: Ledgers, places: ir.Table, context: CampaignContext) -> ir.Table:
    """``validated`` with ``contacted_on``, ``had_on`` and ``had_arm``: of the person, else the address, else the household."""
    campaign = context.campaign
    if ledgers.past_contacts is None:
        return validated.mutate(contacted_on=ibis.null("date"), had_on=ibis.null("date"), had_arm=ibis.null("string"))
    found = last_contacts(ledgers.past_contacts, places, ledgers.households, campaign, context.key, context.as_of)
    validated = _with_facts(validated, found["customer_id"])
    for shared in _SHARED[campaign.one_per]:
        theirs = found[shared].select(shared, _on="contacted_on", _had="had_on", _arm="had_arm")
        joined = validated.left_join(theirs, shared).drop(f"{shared}_right")
        told = joined.mutate(
            contacted_on=ibis.coalesce(joined.contacted_on, joined._on),
            had_arm=ibis.ifelse(joined.had_on.notnull(), joined.had_arm, joined._arm),
            had_on=ibis.coalesce(joined.had_on, joined._had),
        )
        validated = told.drop("_on", "_had", "_arm")
    return validated


def _with_caps(validated: ir.Table, ledgers: Ledgers, places: ir.Table, context: CampaignContext) -> ir.Table:
    """``validated`` with ``capped``: the cap reached for the person, else the address, else the household; null = none."""
    campaign, counted = context.campaign, ledgers.counted
    if counted is None or not context.caps.on(campaign):
        return validated.mutate(capped=ibis.null("string"))
    found = at_cap(counted, places, ledgers.households, campaign, context.caps, context.as_of)
    validated = _with_facts(validated, found["customer_id"])
    for shared in _SHARED[campaign.one_per]:
        joined = validated.left_join(found[shared].select(shared, _capped="capped"), shared).drop(f"{shared}_right")
        validated = joined.mutate(capped=ibis.coalesce(joined.capped, joined._capped)).drop("_capped")
    return validated


def _nobody(**columns: str) -> ir.Table:
    """A table of facts that holds for nobody."""
    return ibis.memtable(ibis.schema({"customer_id": "string", **columns}).to_pyarrow().empty_table())
