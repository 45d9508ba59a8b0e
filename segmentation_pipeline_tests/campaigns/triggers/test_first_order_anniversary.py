"""A year after the first order, and every year after."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline_tests.campaigns.triggers.world import happened, trigger, write_profile


def test_every_year_but_the_first(any_engine: Engine) -> None:
    first_orders = {
        "anna": date(2025, 6, 7),
        "bert": date(2024, 6, 7),
        "new": date(2026, 6, 7),
        "leap": date(2024, 2, 29),
        "none": None,
    }
    write_profile(
        any_engine, [{"customer_id": who, "first_order_date": day} for who, day in first_orders.items()], first_order_date="date"
    )
    due = trigger(on="first_order_anniversary", days_before=2)
    day = date(2026, 6, 7)
    assert happened(any_engine, due, date(2026, 6, 5)) == {"anna": day, "bert": day}
    assert happened(any_engine, due, date(2026, 2, 26)) == {"leap": date(2026, 2, 28)}
    kept_later = trigger(on="first_order_anniversary", leap_day="mar_1")
    assert happened(any_engine, kept_later, date(2026, 3, 1)) == {"leap": date(2026, 3, 1)}
    assert happened(any_engine, kept_later, date(2028, 2, 29)) == {"leap": date(2028, 2, 29)}
