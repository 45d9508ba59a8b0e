"""Figures of segments on four customers, added up by hand; and what a configuration without further sources leaves empty."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import ibis
import pytest

from segmentation_pipeline.campaigns.contactable import CHANNELS, CONTACTABLE
from segmentation_pipeline.config.schema import Config, RuleSegment
from segmentation_pipeline.config.schema.pipeline import CostsConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.measurement.cohort_retention import COHORT_RETENTION
from segmentation_pipeline.measurement.ratios import money_per
from segmentation_pipeline.measurement.segment_kpis import SEGMENT_KPIS
from segmentation_pipeline.quality.outputs import output_rules
from segmentation_pipeline.segmentations.kinds.rules import RulesSegmentation
from segmentation_pipeline_tests.clean.project import config
from segmentation_pipeline_tests.measurement.shop import measured, write_orders

AS_OF, BEFORE = date(2025, 3, 31), date(2025, 3, 28)
FURTHER = ("order_items", "products", "web_sessions", "surveys", "campaign_contacts", "marketing_costs", "support")
TIER = RulesSegmentation(
    kind="rules",
    title="Tier",
    key="level",  # renamed since: history is kept under the key
    segments=(RuleSegment(name="gold", when="monetary > 100", key="best"), RuleSegment(name="rest", when="true")),
)
WINDOWS = (30, 90, 365)
#        orders: ever, in 30, 90 and 365 days; net revenue likewise; gross revenue, clv
PEOPLE = {
    "anna": ((5, 1, 2, 3), ("410.00", "40.00", "90.00", "200.00"), "450.00", "1.00"),
    "bert": ((1, 0, 0, 1), ("101.00", "0.00", "0.00", "101.00"), "101.00", "1.01"),
    "cora": ((1, 0, 1, 1), ("-2.50", "-10.00", "-2.50", "-2.50"), "7.50", None),
    "dora": ((0, 0, 0, 0), ("0.00",) * 4, None, None),
}
FURTHER_COLUMNS = {
    "marketing_cost_365d": (("1.50", "0.00", "0.25", "0.00"), "decimal(18, 2)"),
    "tickets_365d": ((3, 0, 1, 0), "int64"),
    "web_sessions_90d": ((8, 2, 0, 0), "int64"),
    "web_order_sessions_90d": ((2, 0, 0, 0), "int64"),
    "nps": ((9.0, 6.0, None, 8.0), "float64"),
}
ORDERS = [
    ("anna", date(2025, 3, 1), 4000),
    ("anna", date(2025, 1, 1), 5000),
    ("anna", date(2024, 12, 31), 5000),  # 90 days before: the window before
    ("anna", date(2024, 3, 31), 5000),  # 365 days before
    ("anna", date(2023, 4, 2), 5000),
    ("bert", date(2024, 10, 3), 10100),  # 179 days before
    ("cora", date(2025, 2, 1), 750),
    ("cora", date(2024, 12, 1), 999, "cancelled"),
    ("dora", AS_OF, 1234),
    ("dora", AS_OF, 500, "cancelled"),
]


def _config(*sources: str, request: str | None = None) -> Config:
    settings = config({name: {} for name in ("orders", *sources)})
    costs = CostsConfig.model_validate({"support_request": request and Decimal(request)})
    pipeline = settings.pipeline.model_copy(update={"costs": costs})
    return settings.model_copy(update={"segmentations": {"tier": TIER}, "pipeline": pipeline})


def _write(engine: Engine, *, further: bool) -> None:
    profile: dict[str, list[object]] = {"customer_id": [*PEOPLE]}
    kinds = {"customer_id": "string"}
    for place, ending in enumerate(("", *(f"_{days}d" for days in WINDOWS))):
        profile |= {f"frequency{ending}": [orders[place] for orders, *_ in PEOPLE.values()]}
        profile |= {f"monetary{ending}": [Decimal(net[place]) for _, net, *_ in PEOPLE.values()]}
        kinds |= {f"frequency{ending}": "int64", f"monetary{ending}": "decimal(18, 2)"}
    for place, name in ((2, "gross_revenue"), (3, "clv")):
        profile |= {name: [Decimal(row[place] or 0) if row[place] or place == 2 else None for row in PEOPLE.values()]}
        kinds |= {name: "decimal(18, 2)"}
    if further:
        for name, (values, kind) in FURTHER_COLUMNS.items():
            profile[name] = [Decimal(value) if isinstance(value, str) else value for value in values]
            kinds[name] = kind
        baskets = {"customer_id": ["anna", "cora"], "revenue_with_cost": [Decimal(100), None], "cost": [Decimal(65), None]}
        money = "decimal(18, 2)"
        schema = {"customer_id": "string", "revenue_with_cost": money, "cost": money}
        engine.write(tables.CUSTOMER_BASKETS, engine.memtable(baskets, schema))
    reached = {"email": [True, False, True, True], "sms": [False] * 4} if further else {}
    reached = {"customer_id": [*PEOPLE]} | {channel: reached.get(channel, [None] * 4) for channel in CHANNELS}
    engine.write(tables.CONTACTABLE_CUSTOMERS, engine.memtable(reached, CONTACTABLE))
    engine.write(tables.CUSTOMER_PROFILE, engine.memtable(profile, kinds))
    write_orders(engine, ORDERS)
    member = {"customer_id": [*PEOPLE], "segmentation": ["tier"] * 4, "segment": ["gold", "gold", "rest", "rest"]}
    engine.write(tables.MEMBERSHIPS, engine.memtable(member, dict.fromkeys(member, "string")))
    changes = [
        (date(2025, 3, 1), "anna", "best", True),
        (BEFORE, "bert", "rest", True),
        (AS_OF, "bert", "rest", False),
        (AS_OF, "bert", "best", True),
        (AS_OF, "cora", "rest", True),
        (AS_OF, "fred", "old", False),  # a segment nobody is in any more
        (AS_OF, "gone", "other", True),  # of a segmentation that is not configured
    ]
    changed = {
        "as_of": [day for day, *_ in changes],
        "customer_id": [who for _, who, *_ in changes],
        "segmentation": ["other" if segment == "other" else "level" for *_, segment, _ in changes],
        "segment": [segment for *_, segment, _ in changes],
        "entered": [entered for *_, entered in changes],
    }
    text = dict.fromkeys(("customer_id", "segmentation", "segment"), "string")
    engine.write(tables.MEMBERSHIP_CHANGES, engine.memtable(changed, {"as_of": "date", **text, "entered": "boolean"}))
    days = {"as_of": [date(2025, 3, 1), BEFORE, AS_OF, date(2025, 4, 5)], "segmentation": ["level"] * 4}
    engine.write(tables.OBSERVED_DAYS, engine.memtable(days, {"as_of": "date", "segmentation": "string"}))


def test_figures_of_two_segments_by_hand(any_engine: Engine) -> None:
    engine = any_engine
    _write(engine, further=True)
    gold, old, rest = measured(engine, SEGMENT_KPIS, AS_OF, _config(*FURTHER, request="4.125"))
    assert gold == {
        "as_of": AS_OF,
        "segmentation": "tier",
        "segment": "gold",
        "customers": 2,
        "previous_as_of": BEFORE,
        "entered": 1,
        "left": 0,
        "orders_30d": 1,
        "net_revenue_30d": Decimal("40.00"),
        "orders_90d": 2,
        "net_revenue_90d": Decimal("90.00"),
        "orders_365d": 4,
        "net_revenue_365d": Decimal("301.00"),
        "orders_1d": 0,
        "gross_revenue_1d": Decimal("0.00"),
        "orders": 6,
        "net_revenue": Decimal("511.00"),
        "average_order_value": Decimal("91.83"),  # 551 / 6
        "repeat_rate": 0.5,
        "active_before_90d": 2,  # anna on the last day of the window, bert on its second
        "retention_90d": 0.5,
        "churn_90d": 0.5,
        "active_before_365d": 1,
        "retention_365d": 1.0,
        "churn_365d": 0.0,
        "avg_clv": Decimal("1.01"),  # 1.005, halves up
        "margin": Decimal("35.00"),
        "margin_rate": 0.35,
        "marketing_cost_365d": Decimal("1.50"),
        "clv_to_marketing_cost": 1.34,  # 1.005 / (1.50 / 2)
        "support_requests_365d": 3,
        "cost_to_serve_365d": Decimal("12.38"),  # 3 * 4.125 = 12.375, halves up
        "consent_coverage_email": 0.5,
        "consent_coverage_sms": 0.0,
        "consent_coverage_post": None,
        "consent_coverage_ads": None,
        "web_conversion_90d": 0.2,
        "nps_answers": 2,
        "net_promoter_score": 0.0,
    }
    assert (rest["customers"], rest["entered"], rest["left"], rest["net_revenue"]) == (2, 1, 1, Decimal("-2.50"))
    assert (rest["orders_1d"], rest["gross_revenue_1d"]) == (1, Decimal("12.34")), "what was cancelled is no order"
    assert (rest["repeat_rate"], rest["average_order_value"], rest["avg_clv"]) == (0.0, Decimal("7.50"), None)
    assert (rest["active_before_90d"], rest["retention_90d"], rest["margin"]) == (0, None, None)
    assert (rest["web_conversion_90d"], rest["nps_answers"], rest["net_promoter_score"]) == (None, 1, 0.0)
    assert rest["clv_to_marketing_cost"] is None
    assert (rest["support_requests_365d"], rest["cost_to_serve_365d"]) == (1, Decimal("4.13"))
    assert (rest["consent_coverage_email"], rest["consent_coverage_sms"]) == (1.0, 0.0)
    assert (old["consent_coverage_email"], old["cost_to_serve_365d"]) == (None, None)
    assert (old["segment"], old["customers"], old["left"], old["orders_365d"], old["nps_answers"]) == ("old", 0, 1, 0, 0)


def test_on_the_first_day_nobody_entered_and_what_no_source_tells_is_empty() -> None:
    engine = DuckDBEngine(None)
    _write(engine, further=False)
    engine.write(tables.OBSERVED_DAYS, engine.table(tables.OBSERVED_DAYS).filter(ibis._.as_of >= AS_OF))
    settings = _config()
    gold, *_ = measured(engine, SEGMENT_KPIS, AS_OF, settings)
    assert (gold["previous_as_of"], gold["entered"], gold["left"]) == (None, None, None)
    of_sources = ("margin", "margin_rate", "marketing_cost_365d", "web_conversion_90d", "nps_answers", "net_promoter_score")
    of_sources += ("clv_to_marketing_cost", "support_requests_365d", "cost_to_serve_365d")
    of_sources += tuple(f"consent_coverage_{channel}" for channel in CHANNELS)
    assert {name: gold[name] for name in of_sources} == dict.fromkeys(of_sources)
    assert all(column.null_means for column in SEGMENT_KPIS.contract.columns if column.name in of_sources)
    engine.close()


def test_without_a_cost_of_a_request_serving_costs_nobody_knows_what() -> None:
    engine = DuckDBEngine(None)
    _write(engine, further=True)
    gold, *_ = measured(engine, SEGMENT_KPIS, AS_OF, _config(*FURTHER))
    assert (gold["support_requests_365d"], gold["cost_to_serve_365d"]) == (3, None)
    engine.close()


def test_rows_of_later_days_may_lie_in_it_and_not_in_tables_of_the_day() -> None:
    """An earlier day may be run again."""
    rules = output_rules(_config())
    later = {table: [rule.name for rule in rules[table] if rule.name.endswith("not_after_as_of")] for table in rules}
    assert later[SEGMENT_KPIS.contract.table] == []
    assert "as_of_not_after_as_of" in later[COHORT_RETENTION.contract.table]


@pytest.mark.parametrize(
    ("total", "count", "each"),
    [
        ("2.01", 2, "1.01"),
        ("-2.01", 2, "-1.01"),
        ("0.00", 3, "0.00"),
        ("10.00", 3, "3.33"),
        ("20.00", 3, "6.67"),
        ("1.00", 0, None),
    ],
)
def test_money_is_divided_in_whole_cents(total: str, count: int, each: str | None) -> None:
    engine = DuckDBEngine(None)
    table = engine.memtable({"total": [Decimal(total)], "count": [count]}, {"total": "decimal(18, 2)", "count": "int64"})
    [row] = engine.rows(table.select(each=money_per(table.total, table["count"])))
    assert row["each"] == (None if each is None else Decimal(each))
    engine.close()
