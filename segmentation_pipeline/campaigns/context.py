"""What the steps of a campaign have in common: which campaign on which day, and what is known of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.campaigns.caps import CapRules
from segmentation_pipeline.config.schema import Campaign, Decision, PrivacyConfig
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.privacy.standing import standing


class CampaignError(UserError):
    """A campaign asks for something the profile cannot give; the message says what to change."""


@dataclass(frozen=True, slots=True)
class CampaignContext:
    """One campaign on one day; ``version`` is that of its list of the day, ``decision`` what holds for all campaigns, ``caps``
    how often people may be contacted."""

    name: str
    campaign: Campaign
    privacy: PrivacyConfig
    as_of: date
    version: int = 1
    decision: Decision = field(default_factory=Decision)
    caps: CapRules = field(default_factory=CapRules)

    @property
    def key(self) -> str:
        """By what arms and contacts are kept, whatever the campaign is called."""
        return self.campaign.key_under(self.name)

    @property
    def held_out_share(self) -> float:
        """The share of its people that a campaign does not contact, to measure the effect."""
        from_all = self.campaign.holdout == "global"
        return self.decision.global_holdout_share if from_all else self.campaign.own_holdout_share

    @property
    def by_value(self) -> bool:
        """Whether what contacting a person earns decides, who comes first and who is contacted at all."""
        return self.decision.by == "value" and self.campaign.competes


@dataclass(frozen=True, slots=True)
class Ledgers:
    """What the gate is told of people; None where the project has none.

    ``accounts`` comes from ``privacy.accounts``; ``consents`` and ``suppressions`` from ``privacy.ledger``, by account;
    ``past_contacts`` is ``pressure.contacts``, what happens after the day included: no consent ledger lets nobody pass
    (unless ``consent: not_required``), no suppression list suppresses nobody, no contact history stops nobody.
    ``members`` (customer_id) are on the standing list already: they come before others, and so stay.
    ``due`` is ``due.due_customers``, of a campaign that waits for something; it cannot do without.
    ``households`` is ``households.reached_together``, which ``one_per: household`` cannot do without; ``together`` is the same
    over all channels, by which the global control group is drawn; ``drawn`` is ``arms.first_drawn``, for ``stratify_by``.
    ``counted`` are the contacts that caps count, those of the day by campaigns that come first among them; None = none.
    ``stored`` is what ``standing`` tells, by channel and purpose, where several ask for it.
    """

    accounts: ir.Table
    consents: ir.Table | None
    suppressions: ir.Table | None
    past_contacts: ir.Table | None
    members: ir.Table | None = None
    households: ir.Table | None = None
    together: ir.Table | None = None
    drawn: ir.Table | None = None
    counted: ir.Table | None = None
    due: ir.Table | None = None
    stored: Mapping[tuple[str, str], ir.Table] = field(default_factory=dict)

    def standing(self, channel: str, purpose: str, privacy: PrivacyConfig) -> ir.Table:
        """``privacy.standing`` of everybody who has an address for ``channel``."""
        told = self.stored.get((channel, purpose))
        return standing(self.accounts, channel, purpose, self.consents, self.suppressions, privacy) if told is None else told
