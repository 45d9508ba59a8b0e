"""What the consent ledger says about a person on a day.

The ledger is a list of events; the last one up to the day counts.  The law behind it (GDPR
articles 7 and 21): consent is for a purpose, can be proven, and is as easy to withdraw as to give.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import PrivacyConfig
from segmentation_pipeline.identity.canonical import RECORD

GRANTED = "granted"
WITHDRAWN = "withdrawn"


def consent_state(consents: ir.Table, channel: str, purpose: str, as_of: date) -> ir.Table:
    """The state of one consent at the end of ``as_of``.

    ``consents`` is ``clean.consents``.  One row per customer with at least one event for exactly
    this channel and purpose (case and blanks around do not matter): ``customer_id``, ``consent``
    ('granted' or 'withdrawn') and ``consent_since`` (DATE, business day of the event that decided).
    Of events at one instant a withdrawal wins; a status other than 'granted' counts as one.  Of
    customers who are one person (``RECORD`` tells them apart) the last event of each counts, and a
    withdrawal of any is a withdrawal of all.
    """
    events = consents.filter(
        consents.channel.strip().lower() == channel.strip().lower(),
        consents.purpose.strip().lower() == purpose.strip().lower(),
        consents.event_date <= as_of,
    )
    # Two maxima instead of "the last row": ties need no order and every engine agrees.
    given = (events.status.strip().lower() == GRANTED).fill_null(False)
    record = [RECORD] if RECORD in events.columns else []
    last = events.group_by("customer_id", *record).agg(
        granted_at=events.occurred_at.max(where=given),
        granted_on=events.event_date.max(where=given),
        withdrawn_at=events.occurred_at.max(where=~given),
        withdrawn_on=events.event_date.max(where=~given),
    )
    granted = (last.granted_at > last.withdrawn_at).fill_null(last.withdrawn_at.isnull() & last.granted_at.notnull())
    state = last.select(
        "customer_id",
        consent=granted.ifelse(GRANTED, WITHDRAWN),
        consent_since=ibis.ifelse(granted, last.granted_on, last.withdrawn_on),
    )
    return _strictest(state) if record else state


def _strictest(state: ir.Table) -> ir.Table:
    """One state per customer: withdrawn when one of several is, since the latest."""
    granted = state.consent == GRANTED
    each = state.group_by("customer_id").agg(
        granted_on=state.consent_since.max(where=granted), withdrawn_on=state.consent_since.max(where=~granted)
    )
    return each.select(
        "customer_id",
        consent=each.withdrawn_on.isnull().ifelse(GRANTED, WITHDRAWN),
        consent_since=ibis.coalesce(each.withdrawn_on, each.granted_on),
    )


def consent_basis(privacy: PrivacyConfig, *, has_ledger: bool) -> str:
    """In words, on what ground people may be contacted at all; shown with every audience."""
    if privacy.consent == "not_required":
        objections = "; withdrawals in the ledger still count" if has_ledger else ""
        return f"consent not required: {(privacy.consent_not_required_reason or '').strip()}{objections}"
    return "consent ledger" if has_ledger else "no consent ledger is configured, so nobody may be contacted"
