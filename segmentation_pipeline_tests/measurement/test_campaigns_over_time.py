"""Results rolled up by channel and month: sums, intervals of sums, and what is not known."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.measurement.campaign_result_columns import CAMPAIGN_RESULTS_COLUMNS
from segmentation_pipeline.measurement.campaigns_over_time import CAMPAIGNS_OVER_TIME
from segmentation_pipeline_tests.measurement.assigned import one
from segmentation_pipeline_tests.measurement.shop import measured

AS_OF = date(2025, 3, 31)
BASIC: dict[str, Any] = {
    "as_of": AS_OF,
    "channel": "email",
    "wave": "2025-02",
    "segmentation": "all",
    "segment": "all",
    "status": "measured",
    "planned_end": date(2025, 3, 30),
    "not_over_yet": 0,
}


def row(campaign: str, arm: str, metric: str, lift: float | None, error: float, cost: str | None, **more: Any) -> dict[str, Any]:
    """A hundred people in the arm, all of them contacted."""
    figures = {"lift": lift, "lift_error": error, "incremental": None if lift is None else 100 * lift}
    counts = {"people": 100, "contacted": 100, "cost": None if cost is None else Decimal(cost)}
    return BASIC | {"campaign_key": campaign, "arm": arm, "metric": metric} | counts | figures | more


def rolled_up(engine: Engine, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    schema = {column.name: column.type.ibis for column in CAMPAIGN_RESULTS_COLUMNS}
    engine.write(tables.CAMPAIGN_RESULTS, engine.memtable({name: [r.get(name) for r in rows] for name in schema}, schema))
    return measured(engine, CAMPAIGNS_OVER_TIME, AS_OF)


def test_campaigns_add_up_and_arms_that_share_a_control_do_so_cautiously(any_engine: Engine) -> None:
    rows = [
        row("mail", "red", "revenue", 2.0, 0.3, "10.00"),
        row("mail", "blue", "revenue", 1.0, 0.4, "10.00"),
        row("letter", "treatment", "revenue", -0.5, 0.2, "80.00"),
        row("letter", "treatment", "first_orders", 0.02, 0.01, "80.00"),
        row("flyer", "treatment", "revenue", None, 0.0, "1.00", status="too few people"),
        row("past", "treatment", "revenue", None, 0.0, None, status="observational"),
        row("mail", "red", "revenue", 9.0, 0.1, "10.00", segmentation="tier"),
        row("mail", "red", "revenue", 9.0, 0.1, "10.00", wave="all"),
        row("text", "treatment", "revenue", 1.0, 0.1, None, channel="sms", not_over_yet=3),
    ]
    found = rolled_up(any_engine, rows)
    mail = one(found, channel="email")
    assert [mail[name] for name in ("campaigns", "measured", "contacted", "cost", "is_over")] == [
        3,
        2,
        400,
        Decimal("101.00"),
        True,
    ]
    half = 1.959964 * math.hypot(100 * (0.3 + 0.4), 100 * 0.2)
    interval = [mail[name] for name in ("incremental_revenue", "incremental_revenue_low", "incremental_revenue_high")]
    assert interval == pytest.approx([250.0, 250.0 - half, 250.0 + half])
    assert mail["return_on_investment"] == pytest.approx((250.0 - 100.0) / 100.0), "of the campaigns that have a lift"
    assert (mail["incremental_first_orders"], mail["acquisition_cost"]) == (pytest.approx(2.0), pytest.approx(40.0))
    assert mail["incremental_margin"] is None
    text = one(found, channel="sms")
    assert (text["cost"], text["return_on_investment"], text["is_over"]) == (None, None, False), "a cost nobody knows is not 0"


def test_margin_goes_before_revenue_and_nothing_is_nothing(any_engine: Engine) -> None:
    rows = [row("mail", "treatment", "revenue", 2.0, 0.3, "10.00"), row("mail", "treatment", "margin", 0.05, 0.3, "10.00")]
    [found] = rolled_up(any_engine, rows)
    assert found["return_on_investment"] == pytest.approx(-0.5)
    assert rolled_up(any_engine, []) == []
