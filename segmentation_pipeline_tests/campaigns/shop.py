"""Small tables for audience tests: rows a reader checks by eye, in the shape of the clean tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from segmentation_pipeline.campaigns.pressure import contacts as past_contacts
from segmentation_pipeline.config.schema import Campaign, PrivacyConfig
from segmentation_pipeline.privacy.ledger import consent_events
from segmentation_pipeline.values.states import CLEAN

AS_OF = date(2026, 3, 31)
PRIVACY = PrivacyConfig(salt="test-salt-1")


def table(schema: dict[str, str], rows: Sequence[Sequence[object]]) -> ir.Table:
    """Rows given in the order of ``schema``."""
    wanted = ibis.schema(schema).to_pyarrow()
    columns = list(zip(*rows, strict=True)) or [()] * len(wanted)
    return ibis.memtable(pa.table({f.name: pa.array(c, f.type) for f, c in zip(wanted, columns, strict=True)}, wanted))


def bind(rule: str, profile: ir.Table) -> ir.BooleanValue:
    """The rule language is tested elsewhere: here a rule is the name of a boolean column."""
    return profile[rule]


def campaign(**changes: Any) -> Campaign:
    settings: dict[str, Any] = {
        "title": "Test",
        "channel": "email",
        "purpose": "marketing",
        "audience": "wanted",
        "rank_by": "clv",
        "holdout_share": 0.0,
    }
    return Campaign(**(settings | changes))


def profile(*rows: tuple[str, bool | None, float | None]) -> ir.Table:
    """customer, in the rule, clv."""
    return table({"customer_id": "string", "wanted": "boolean", "clv": "float64"}, rows)


ACCOUNT = {
    "account": "string",
    "customer_id": "string",
    "own": "boolean",
    "email": "string",
    "phone": "string",
    "place": "string",
    "place_by_code": "string",
    "place_by_city": "string",
}
NOBODY = dict.fromkeys(("email", "phone", "street", "postal_code", "city"), "string")
"""The columns of a ledger that name an address, of rows that name none."""


def accounts(*customers: str) -> ir.Table:
    """Each customer has one account and can be reached by every channel, at an address nobody else has."""
    return table(ACCOUNT, [(c, c, True, f"{c}@example.com", f"+49{c}", f"street|{c}", None, None) for c in customers])


def judged_consents(
    *rows: tuple[str | None, str | None, str | None, str | None, datetime | None], state: int = CLEAN
) -> ir.Table:
    """customer, channel, purpose, status, instant; all of one state."""
    schema = {
        "customer_id": "string",
        "channel": "string",
        "purpose": "string",
        "status": "string",
        "occurred_at": "timestamp",
        "event_date": "date",
        "_file": "string",
        "_row": "int64",
        "_state": "int8",
    }
    judged = table(schema, [(*r, r[4].date() if r[4] else None, "c.csv", n, state) for n, r in enumerate(rows, 1)])
    return naming_no_address(judged)


def naming_no_address(ledger: ir.Table) -> ir.Table:
    return ledger.mutate(**{column: ibis.null(kind) for column, kind in NOBODY.items()})


def consents(*rows: tuple[str, str, str, str, datetime], as_of: date = AS_OF) -> ir.Table:
    """What counts of clean rows: customer, channel, purpose, status, instant."""
    return consent_events(judged_consents(*rows), as_of, (), lambda instant: instant)


def granted(*customers: str) -> ir.Table:
    """Consent to e-mail marketing since New Year."""
    return consents(*((customer, "email", "marketing", "granted", datetime(2026, 1, 1)) for customer in customers))


def suppressions(*rows: tuple[str, date]) -> ir.Table:
    schema = {"customer_id": "string", "reason": "string", "suppressed_at": "timestamp", "event_date": "date"}
    listed = table(schema, [(customer, "Mr Doe complained", datetime.combine(day, time()), day) for customer, day in rows])
    return listed.mutate(channel=ibis.null("string"))


def contacts(*rows: tuple[str, str, date]) -> ir.Table:
    """What a contact log of another campaign comes to: customer, arm, day."""
    schema = {"campaign": "string", "customer_id": "string", "arm": "string", "contacted_at": "timestamp", "event_date": "date"}
    log = table(schema, [("other", customer, arm, datetime.combine(day, time()), day) for customer, arm, day in rows])
    known = past_contacts(log, None, {})
    assert known is not None
    return known


def own_lists(*rows: tuple[str, str, str, date], kind: str = "message", channel: str = "email") -> ir.Table:
    """Rows of lists that were sent: campaign, customer, arm, day."""
    columns = ("campaign", "campaign_key", "kind", "customer_id", "channel", "arm")
    listed = [(day, campaign, campaign, kind, customer, channel, arm) for campaign, customer, arm, day in rows]
    return table({"as_of": "date"} | dict.fromkeys(columns, "string"), listed)


_CUSTOMER = {
    "customer_id": "string",
    "first_name": "string",
    "last_name": "string",
    "email": "string",
    "phone": "string",
    "birth_date": "date",
    "street": "string",
    "postal_code": "string",
    "city": "string",
    "country": "string",
}
_PLACES = ("city", "country")


def people(*rows: dict[str, object]) -> tuple[ir.Table, ir.Table]:
    """``pii.customers`` and ``clean.customers`` for people given by the fields that matter."""
    everything = table(_CUSTOMER, [tuple(row.get(name) for name in _CUSTOMER) for row in rows])
    return everything.drop(*_PLACES), everything.select("customer_id", *_PLACES)
