"""Somebody erased who comes back is not contacted before a new yes, whoever's consent is asked for."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime

import ibis

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.consent import consent_state
from segmentation_pipeline.privacy.erased import erased_withdrawals
from segmentation_pipeline.privacy.tombstones import Kind
from segmentation_pipeline_tests.rights.stones import as_tombstones

AT = datetime(2026, 6, 10)
STONES = as_tombstones(
    b"k" * 32,
    AT,
    {Kind.CUSTOMER: ["c1"], Kind.EMAIL: ["ann@canary.test"], Kind.PHONE: ["+4930555123"], Kind.PLACE: ["nest1|10115|berlin"]},
)


def test_an_erasure_withdraws_for_key_and_addresses_until_a_later_grant() -> None:
    engine = DuckDBEngine(None)
    columns = {
        "account": ["C1", "new", "phone", "other", "tenant"],
        "email": [None, "ann@canary.test", None, "bob@other.test", None],
        "phone": [None, None, "+4930555123", None, None],
        "place": [None, None, None, "home4|20095|hamburg", "nest1|10115|berlin"],
    }
    accounts = engine.memtable(columns, dict.fromkeys(columns, "string"))
    with ExitStack() as held:
        events = erased_withdrawals(engine, accounts, STONES, held)
        barred = {row["customer_id"]: (row["channel"], row["status"], row["occurred_at"]) for row in engine.rows(events)}
        assert barred == {
            **dict.fromkeys(["C1", "new", "phone"], (None, "withdrawn", AT)),
            "tenant": ("post", "withdrawn", AT),
        }
        said = {"channel": "email", "purpose": "marketing", "status": "granted"}
        grants = engine.memtable(
            {
                "customer_id": ["C1", "new"],
                "occurred_at": [datetime(2026, 6, 9), datetime(2026, 6, 11)],
                "event_date": [datetime(2026, 6, 9).date(), datetime(2026, 6, 11).date()],
            },
            {"customer_id": "string", "occurred_at": "timestamp", "event_date": "date"},
        ).mutate(**{name: ibis.literal(text) for name, text in said.items()})
        names = ("customer_id", "channel", "purpose", "status", "occurred_at", "event_date")
        state = consent_state(events.select(*names).union(grants.select(*names)), "email", "marketing")
        assert {row["customer_id"]: row["consent"] for row in engine.rows(state)} == {
            "C1": "withdrawn",
            "new": "granted",
            "phone": "withdrawn",
        }
    engine.close()
