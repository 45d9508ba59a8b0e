"""Sends and responses: which count, at which hour by the clock of the business, and whose response is known by now."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.affinity.settings import AffinityConfig
from segmentation_pipeline.models.affinity.trials import CHANNEL, HOUR, dimensions, trials
from segmentation_pipeline_tests.clean.project import AS_OF, clean_all, config, write

SETTINGS = AffinityConfig(click_days=7, order_days=14)


def test_mailings_by_the_hour_they_were_sent_at(tmp_path: Path) -> None:
    engine, settings = DuckDBEngine(None), config({"orders": {}, "email_events": {}}, business={"timezone": "Europe/Berlin"})
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "o1,anna,2025-01-01,30.00")
    write(
        tmp_path,
        "email_events",
        "message_id,customer_id,event,occurred_at",
        "m1,anna,sent,2025-02-01T09:30:00",
        "m1,anna,click,2025-02-08T20:00:00",
        "m2,anna,delivered,2025-02-02T17:00:00",
        "m2,anna,open,2025-02-02T17:00:01",  # a machine's, perhaps
        "m2,anna,click,2025-02-10T09:00:00",  # too late
        "m3,anna,sent,2025-02-03T09:00:00",
        "m3,anna,bounce,2025-02-03T09:01:00",  # never arrived
        "m4,anna,sent,2025-02-04",  # no time of day
        "m5,anna,sent,2025-03-25T09:00:00",  # may still be clicked
        "m6,anna,click,2025-02-05T09:00:00",  # nobody knows when it was sent
    )
    clean_all(engine, tmp_path, settings)
    found = engine.rows(trials(engine, settings, HOUR, AS_OF, SETTINGS).order_by("day"))
    assert [tuple(row.values()) for row in found] == [
        ("anna", date(2025, 2, 1), "09", 1),
        ("anna", date(2025, 2, 2), "17", 0),
    ]
    assert dimensions(settings) == (HOUR,)
    engine.close()


def test_contacts_by_their_channel_and_the_orders_after_them(tmp_path: Path) -> None:
    engine, settings = DuckDBEngine(None), config({"orders": {}, "campaign_contacts": {}})
    write(
        tmp_path,
        "orders",
        "order_id,customer_id,ordered_at,amount,status",
        "o1,anna,2025-01-10,30.00,completed",
        "o2,anna,2025-02-20,30.00,cancelled",
        "o3,bert,2025-01-05,30.00,completed",
    )
    write(
        tmp_path,
        "campaign_contacts",
        "campaign,customer_id,contacted_at,channel,arm",
        "jan,anna,2025-01-05,Email,treatment",
        "jan,bert,2025-01-05,email,treatment",  # the order of the same day may have been before
        "feb,anna,2025-02-15,sms,treatment",  # cancelled: no order
        "feb,bert,2025-02-15,sms,holdout",  # not contacted
        "mar,bert,2025-03-25,sms,treatment",  # the days to respond are not over
        "odd,bert,2025-02-01,,treatment",
    )
    clean_all(engine, tmp_path, settings)
    found = engine.rows(trials(engine, settings, CHANNEL, AS_OF, SETTINGS).order_by("day", "customer_id"))
    assert [tuple(row.values()) for row in found] == [
        ("anna", date(2025, 1, 5), "email", 1),
        ("bert", date(2025, 1, 5), "email", 0),
        ("anna", date(2025, 2, 15), "sms", 0),
    ]
    engine.close()
