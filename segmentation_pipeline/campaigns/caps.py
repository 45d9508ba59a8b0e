"""How often somebody may be contacted: caps over rolling windows, of all messages, of a channel, of a tag.

All caps of a campaign hold at once, for the person and, as other contact rules do, for the address and the household.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Campaign, Cap, Config
from segmentation_pipeline.contracts.labels import Arm


@dataclass(frozen=True, slots=True)
class CapRules:
    """The ``caps``; ``tagged``: the keys of the campaigns that have a tag; ``uncounted``: those of transactional ones."""

    caps: tuple[Cap, ...] = ()
    tagged: Mapping[str, frozenset[str]] = field(default_factory=dict)
    uncounted: frozenset[str] = frozenset()

    @classmethod
    def of(cls, config: Config) -> CapRules:
        """Those of a project."""
        keys = {config.campaign_key(name): campaign for name, campaign in config.campaigns.items()}
        tags = {tag for campaign in keys.values() for tag in campaign.tags}
        tagged = {tag: frozenset(key for key, campaign in keys.items() if tag in campaign.tags) for tag in tags}
        return cls(config.decision.caps, tagged, frozenset(key for key, each in keys.items() if each.transactional))

    def on(self, campaign: Campaign) -> tuple[Cap, ...]:
        """The caps a campaign is under: of all messages first, then of its channel, then of its tags."""
        if not campaign.competes:
            return ()
        under = [
            cap for cap in self.caps if cap.channel in (None, campaign.channel) and (cap.tag is None or cap.tag in campaign.tags)
        ]
        return tuple(sorted(under, key=lambda cap: (cap.tag is not None, cap.channel is not None)))


def at_cap(
    contacts: ir.Table, places: ir.Table, households: ir.Table | None, campaign: Campaign, rules: CapRules, as_of: date
) -> dict[str, ir.Table]:
    """Who has been contacted as often as the caps on ``campaign`` allow: tables of facts by what they are about.

    ``contacts`` is ``pressure.contacts``, ``places`` as for ``pressure.last_contacts``.  A row is a ``customer_id``, an
    ``address`` of the campaign's channel or a ``household_id`` (only with ``households``), with ``capped``: the first cap
    reached, in words.  Several contacts by one campaign on one day are one.  A window of n days is the day and the n - 1
    before it; contacts of later days, which a list of an earlier day made now knows of, count in the same way.  One whose
    channel is not told counts as of every channel.
    """
    caps = rules.on(campaign)
    longest = timedelta(days=max(cap.days for cap in caps))
    near = contacts.filter(
        contacts.arm != Arm.HOLDOUT.value,
        ~contacts.campaign.isin(sorted(rules.uncounted)) if rules.uncounted else ibis.literal(True),
        contacts.event_date > as_of - longest,
        contacts.event_date < as_of + longest,
    )
    near = near.mutate(**{f"in_{number}": _in_window(near, cap, rules, as_of) for number, cap in enumerate(caps)})
    found = {"customer_id": _reached(near, "customer_id", caps)}
    on_channel = near.filter((near.channel == campaign.channel).fill_null(True))
    found["address"] = _reached(on_channel.inner_join(places, "customer_id"), "address", caps)
    if households is not None:
        homes = households.filter(households.household_id.notnull()).select("customer_id", "household_id")
        found["household_id"] = _reached(near.inner_join(homes, "customer_id"), "household_id", caps)
    return found


def _in_window(contacts: ir.Table, cap: Cap, rules: CapRules, as_of: date) -> ir.BooleanValue:
    reach = timedelta(days=cap.days)
    inside = (contacts.event_date > as_of - reach) & (contacts.event_date < as_of + reach)
    if cap.channel is not None:
        inside = inside & (contacts.channel == cap.channel).fill_null(True)
    if cap.tag is not None:
        inside = inside & contacts.campaign.isin(sorted(rules.tagged.get(cap.tag, ())))
    return inside.fill_null(False)


def _reached(contacts: ir.Table, whom: str, caps: tuple[Cap, ...]) -> ir.Table:
    names = [f"in_{number}" for number in range(len(caps))]
    messages = contacts.group_by(whom, "campaign", "event_date").agg(**{name: contacts[name].any() for name in names})
    counts = messages.group_by(whom).agg(**{name: messages[name].cast("int64").sum() for name in names})
    reached = [(counts[name] >= cap.contacts, ibis.literal(cap.words)) for name, cap in zip(names, caps, strict=True)]
    told = counts.select(whom, capped=ibis.cases(*reached, else_=ibis.null("string")))
    return told.filter(told.capped.notnull())
