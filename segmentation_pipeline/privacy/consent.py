"""What the consent ledger says about a person on a day.

The ledger is a list of events; the last one counts.  The law behind it (GDPR articles 7 and 21): consent
is for a purpose, can be proven, and is as easy to withdraw as to give.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import PrivacyConfig
from segmentation_pipeline.values.ledger_words import ADS, GRANTED, MARKETING, SALE_OR_SHARE, WITHDRAWN


def consent_state(events: ir.Table, channel: str, purpose: str) -> ir.Table:
    """The state of one consent, by account.

    ``events`` is ``ledger.consent_events``.  One row per ``customer_id`` with an event for the channel and
    purpose, or for every one: ``consent`` ('granted' or 'withdrawn') and ``consent_since`` (DATE, business day
    of the event that decided; null = a refused row decided).  Of events at one instant a withdrawal wins;
    after a withdrawal at all times nothing is granted.  An opt-out of sale or sharing is one of ad audiences, and
    so is one of marketing on every channel.
    """
    meant = (events.channel.isnull() | (events.channel == channel)) & _of_purpose(events, channel, purpose)
    named = events.filter(meant, events.customer_id.notnull())
    # Two maxima instead of "the last row": ties need no order and every engine agrees.
    given = named.status == GRANTED
    last = named.group_by("customer_id").agg(
        granted_at=named.occurred_at.max(where=given),
        granted_on=named.event_date.max(where=given),
        withdrawn_at=named.occurred_at.max(where=~given),
        withdrawn_on=named.event_date.max(where=~given),
        standing=(~given & named.occurred_at.isnull()).max(),
    )
    later = (last.granted_at > last.withdrawn_at).fill_null(last.withdrawn_at.isnull() & last.granted_at.notnull())
    granted = later & ~last.standing
    return last.select(
        "customer_id",
        consent=granted.ifelse(GRANTED, WITHDRAWN),
        consent_since=ibis.ifelse(granted, last.granted_on, last.withdrawn_on),
    )


def _of_purpose(events: ir.Table, channel: str, purpose: str) -> ir.BooleanValue:
    named = events.purpose.isnull() | (events.purpose == purpose)
    if channel != ADS:
        return named
    # Who wants no marketing on any channel wants none on ad platforms either.
    of_marketing = (events.purpose == MARKETING) & (events.channel.isnull() | (events.channel == ADS))
    return named | ((events.status == WITHDRAWN) & ((events.purpose == SALE_OR_SHARE) | of_marketing))


def consent_basis(privacy: PrivacyConfig, *, has_ledger: bool) -> str:
    """In words, on what ground people may be contacted at all; shown with every audience."""
    if privacy.consent == "not_required":
        objections = "; withdrawals in the ledger still count" if has_ledger else ""
        return f"consent not required: {(privacy.consent_not_required_reason or '').strip()}{objections}"
    return "consent ledger" if has_ledger else "no consent ledger is configured, so nobody may be contacted"
