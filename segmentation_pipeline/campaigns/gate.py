"""The gate: the only function that makes an audience, and it cannot be called without the ledgers.

Nobody passes by omission: a missing consent ledger or address table stops everyone, an unknown
rule result is a no.  Belongs here: who may be contacted.  Does not belong here: files and
personal data (``export.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.pressure import last_contacts
from segmentation_pipeline.campaigns.reasons import customer_reason
from segmentation_pipeline.config.schema import Campaign, PrivacyConfig
from segmentation_pipeline.contracts.labels import Arm, FunnelStep
from segmentation_pipeline.engine.hash_sampling import in_sample, sampling_hash
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.privacy.standing import standing
from segmentation_pipeline.values.ledger_words import GRANTED, WITHDRAWN

BindRule = Callable[[str, ir.Table], ir.BooleanValue]
"""The text of a rule and a table to the rule's value per row."""


_SHARED = {"person": (), "address": ("address",), "household": ("address", "household_id")}
"""By what else than the person a contact counts."""


class CampaignError(UserError):
    """A campaign asks for something the profile cannot give; the message says what to change."""


def select_audience(
    campaign_name: str,
    campaign: Campaign,
    profile: ir.Table,
    bind: BindRule,
    *,
    accounts: ir.Table,
    consents: ir.Table | None,
    suppressions: ir.Table | None,
    past_contacts: ir.Table | None,
    privacy: PrivacyConfig,
    as_of: date,
    members: ir.Table | None = None,
    households: ir.Table | None = None,
) -> ir.Table:
    """Judge every customer of ``profile`` whom the campaign's rule names, as known at the end of ``as_of``.

    ``profile`` is ``segments.customer_profile``, ``accounts`` comes from ``privacy.accounts``; ``consents`` and
    ``suppressions`` from ``privacy.ledger``, by account; ``past_contacts`` is ``pressure.contacts``, what
    happens after ``as_of`` included; None where the project has none: no consent ledger lets nobody pass (unless
    ``consent: not_required``), no suppression list suppresses nobody, no contact history stops nobody.
    ``members`` (customer_id) are on the standing list already: they come before others, and so stay.
    ``households`` is ``households.reached_together``, which ``one_per: household`` cannot do without.

    The steps in order: the campaign's rule; a usable address for the channel; consent for channel and purpose;
    not suppressed, the person nor the address; this message was not sent to them, nor were they drawn to be kept out of
    it, within ``repeat``; no treatment contact by any campaign in the last ``quiet_days`` days, ``as_of`` included, or
    since; the best ranked of the household, and of those who share the address (``one_per``); among the best ``limit``
    by ``rank_by`` (unknown values last, ties by draw); then the holdout is drawn by hash of the customer id (of those who
    share an address or a household the smallest) and the campaign's key, so an arm never depends on who else is in the
    campaign nor on its name, and an address is in one arm, as is a household with all its addresses.  A contact counts for
    the person, for whoever has their address (not with ``one_per: person``) and for their household (with ``household``).

    One row per customer for whom the rule holds; all others of ``profile`` stop at the rule:
    ``customer_id``; ``outcome``: the ``FunnelStep`` that stopped them, or the ``Arm``;
    ``rank``: 1 = best among those who reached the limit, on a standing list after who is on it already, null for others;
    ``expected_value``: the ``rank_by`` column as double, null = not known; ``reason``: in words.

    The ranking sorts everyone who passed: store the result when it is read more than once.

    Raises ``CampaignError`` when ``rank_by`` is no numeric column of ``profile``, and without the households it asks for.
    """
    named = profile.filter(in_rule(campaign, profile, bind))
    validated = named.select("customer_id", expected_value=_rank_value(campaign_name, campaign, named))
    said = standing(accounts, campaign.channel, campaign.purpose, consents, suppressions, privacy)
    validated = _with_facts(validated, said)
    key = campaign.key_under(campaign_name)
    if campaign.one_per == "household":
        validated = _with_household(campaign_name, validated, households)
    validated = _with_contacts(validated, past_contacts, accounts, households, campaign, key, as_of)
    validated = _with_facts(validated, _nobody(on_list="boolean") if members is None else members.mutate(on_list=True))

    if privacy.consent == "not_required":  # still, who withdrew has objected
        consented = (validated.consent != WITHDRAWN).fill_null(True)
    else:
        consented = (validated.consent == GRANTED).fill_null(False)
    validated = validated.mutate(
        stopped=ibis.cases(
            (validated.address.isnull(), FunnelStep.ADDRESS.value),
            (~consented, FunnelStep.CONSENT.value),
            (validated.suppressed, FunnelStep.SUPPRESSION.value),
            (validated.had_on.notnull(), FunnelStep.REPEAT.value),
            (validated.contacted_on.notnull(), FunnelStep.RECENT_CONTACT.value),
            else_=ibis.null("string"),
        )
    )
    salt = f"{privacy.salt}|rank|{key}"
    if campaign.one_per == "household":
        validated = validated.mutate(
            stopped=validated.stopped.fill_null(_not_first(validated, "household_id", FunnelStep.SAME_HOUSEHOLD, salt))
        )
    if campaign.one_per != "person":
        validated = validated.mutate(
            stopped=validated.stopped.fill_null(_not_first(validated, "address", FunnelStep.SAME_ADDRESS, salt))
        )
    validated = validated.mutate(rank=_rank(validated, salt))

    beyond_limit = validated["rank"] > campaign.limit if campaign.limit else ibis.literal(False)
    held_out = in_sample(validated.unit, f"{privacy.salt}|holdout|{key}", campaign.holdout_share)
    validated = validated.mutate(
        outcome=ibis.cases(
            (validated.stopped.notnull(), validated.stopped),
            (beyond_limit, FunnelStep.LIMIT.value),
            (held_out, Arm.HOLDOUT.value),
            else_=Arm.TREATMENT.value,
        )
    )
    reason = customer_reason(validated, campaign, privacy, has_ledger=consents is not None)
    return validated.select("customer_id", "outcome", "rank", "expected_value", reason=reason)


def in_rule(campaign: Campaign, profile: ir.Table, bind: BindRule) -> ir.BooleanValue:
    """Whether the campaign's rule surely holds."""
    return bind(campaign.audience, profile).fill_null(False)


def _rank_value(campaign_name: str, campaign: Campaign, profile: ir.Table) -> ir.FloatingValue:
    schema = profile.schema()
    if campaign.rank_by not in schema or not schema[campaign.rank_by].is_numeric():
        numeric = ", ".join(name for name, kind in schema.items() if kind.is_numeric()) or "none"
        raise CampaignError(
            f"campaigns.{campaign_name}.rank_by: '{campaign.rank_by}' is not a numeric column of the customer profile. "
            f"Choose one of: {numeric}"
        )
    value = profile[campaign.rank_by].cast("float64")
    # Engines sort NaN above every number; here it is unknown and comes last.
    return value.isnan().ifelse(ibis.null("float64"), value)


def _rank(validated: ir.Table, salt: str) -> ir.IntegerValue:
    """1 = best, among those not stopped."""
    passing = validated.stopped.isnull()
    position = ibis.row_number().over(group_by=passing, order_by=_best_first(validated, salt)) + 1
    return passing.ifelse(position, ibis.null("int64"))


def _not_first(validated: ir.Table, shared: str, step: FunnelStep, salt: str) -> ir.StringValue:
    """``step`` for all who passed but the best of those with one value of ``shared``, else null; no value is nobody's."""
    passing = validated.stopped.isnull() & validated[shared].notnull()
    place = ibis.row_number().over(group_by=[passing, validated[shared]], order_by=_best_first(validated, salt))
    return (passing & (place > 0)).ifelse(step.value, ibis.null("string"))


def _best_first(validated: ir.Table, salt: str) -> list[ir.Value]:
    """The order of those not stopped; the draw that parts equals is only computed for them."""
    tie = validated.stopped.isnull().ifelse(sampling_hash(validated.customer_id, salt), ibis.null("string"))
    return [ibis.desc(validated.on_list, nulls_first=False), ibis.desc(validated.expected_value, nulls_first=False), tie]


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


def _with_contacts(
    validated: ir.Table,
    known: ir.Table | None,
    accounts: ir.Table,
    households: ir.Table | None,
    campaign: Campaign,
    key: str,
    as_of: date,
) -> ir.Table:
    """``validated`` with ``contacted_on``, ``had_on`` and ``had_arm``: of the person, else the address, else the household."""
    if known is None:
        return validated.mutate(contacted_on=ibis.null("date"), had_on=ibis.null("date"), had_arm=ibis.null("string"))
    found = last_contacts(known, accounts, households, campaign, key, as_of)
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


def _nobody(**columns: str) -> ir.Table:
    """A table of facts that holds for nobody."""
    return ibis.memtable(ibis.schema({"customer_id": "string", **columns}).to_pyarrow().empty_table())
