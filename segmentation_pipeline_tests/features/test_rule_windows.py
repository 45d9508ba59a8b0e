"""Windows rules ask for, on rows few enough to count by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Campaign, Config, RuleSegment
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.catalog import families, feature_columns, sources_read, unavailable_columns
from segmentation_pipeline.features.rule_windows import rule_window_families
from segmentation_pipeline.segmentations.kinds.rules import RulesSegmentation
from segmentation_pipeline_tests.clean.project import AS_OF, clean_all, config, write
from segmentation_pipeline_tests.features.project import features, features_of_files

# As of 2025-03-31 the last 10 days begin on 2025-03-22, the last 90 on 2025-01-01.
FILES = {
    "customers": ("customer_id", "anna", "bert", "carl"),
    "orders": (
        "order_id,customer_id,ordered_at,amount,channel,store_id,status",
        "o1,anna,2024-12-31,1.00,web,,",  # a day too early for 90 days
        "o2,anna,2025-01-01,20.00,web,,",
        "o3,anna,2025-03-21,300.00,store,s1,",  # a day too early for 10 days
        "o4,anna,2025-03-22,4000.50,store,s2,",
        "o5,anna,2025-03-31,5.25,web,,cancelled",
        "o6,bert,2025-03-31,60.00,,,",
        "o7,bert,2025-04-01,7.00,web,,",  # not yet known
    ),
    "returns": ("return_id,order_id,returned_at,amount", "r1,o1,2025-01-01,0.75", "r2,o4,2025-03-30,40.00", "r3,o2,2025-04-02,5"),
    "web_sessions": (
        "session_id,customer_id,started_at,page_views,device",
        "w1,anna,2025-01-01,3,phone",
        "w2,anna,2025-03-22,,phone",  # nobody counted the pages
        "w3,anna,2025-03-31,5,desktop",
        "w4,,2025-03-31,9,phone",
    ),
    "surveys": (
        "response_id,customer_id,item,answered_at,value",
        "r1,anna,nps,2025-03-30,0.1",
        "r2,anna,nps,2025-03-30,0.2",
        "r3,bert,nps,2025-03-30,",
    ),
}
EXPECTED: dict[str, tuple[object, object, Type]] = {
    # window: what it is of anna and of bert
    "count(orders, 90)": (3, 1, Type.INTEGER),
    "count(orders, 10)": (1, 1, Type.INTEGER),
    "total(orders.amount, 90)": (Decimal("4320.50"), Decimal("60.00"), Type.MONEY),
    "count(orders, 90, channel = 'store')": (2, 0, Type.INTEGER),
    "count(orders, 90, channel = 'store' and amount > 1000 or amount < 50)": (2, 0, Type.INTEGER),
    "total(orders.amount, 90, store_id = 's2')": (Decimal("4000.50"), Decimal("0.00"), Type.MONEY),
    "count(orders, 365, in_season(event_date, '12-24', '01-06'))": (2, 0, Type.INTEGER),
    "count(returns, 90)": (2, 0, Type.INTEGER),
    "total(returns.amount, 10)": (Decimal("40.00"), Decimal("0.00"), Type.MONEY),
    "count(returns, 90, amount < 1)": (1, 0, Type.INTEGER),
    "count(web_sessions, 10)": (2, 0, Type.INTEGER),
    "total(web_sessions.page_views, 90)": (8, 0, Type.INTEGER),
    "count(web_sessions, 90, device = 'phone')": (2, 0, Type.INTEGER),
    "count(web_sessions, 90, page_views > 0)": (2, 0, Type.INTEGER),  # of the other nothing is known
    "total(surveys.value, 30)": (0.3, 0.0, Type.NUMBER),  # exactly, as decimals are
}


def asking(sources: dict[str, dict[str, object]], *windows: str) -> Config:
    """A configuration with a rule for each window but the last, which a campaign asks for."""
    *ruled, last = windows
    rules = [RuleSegment(name=f"s{number}", when=f"{window} > 0") for number, window in enumerate(ruled)]
    segmentations = {"asks": RulesSegmentation(kind="rules", title="Asks", segments=tuple(rules))} if rules else {}
    campaign = Campaign(title="Asks", channel="email", audience=f"frequency > 0 and {last} > 0")
    return config(sources).model_copy(update={"segmentations": segmentations, "campaigns": {"asks": campaign}})


CONFIG = asking({name: {} for name in FILES}, *EXPECTED)
COLUMNS = {
    window: column
    for window in EXPECTED
    for family in rule_window_families(asking({"orders": {}}, window))
    for feature in family.features(CONFIG)
    for column in [feature.column]
}


def _write(folder: Path) -> Path:
    for name, lines in FILES.items():
        write(folder, name, *lines)
    return folder


def test_windows_count_and_sum_what_happened_inside_them(tmp_path: Path, engine: DuckDBEngine) -> None:
    found = features_of_files(engine, _write(tmp_path), CONFIG)
    measured = {w: (found["anna"][c.name], found["bert"][c.name], c.type) for w, c in COLUMNS.items()}
    assert measured == EXPECTED
    assert {found["carl"][column.name] for column in COLUMNS.values()} == {0}


def test_windows_are_columns_like_any_other() -> None:
    columns = feature_columns(CONFIG)
    assert {column.name for column in COLUMNS.values()} <= set(columns)
    told = columns["count_orders_90d_where_channel_is_store"]
    assert told.description == "Number of rows of orders in the last 90 days where channel = 'store'."
    assert (told.null_means, told.minimum) == (None, 0)
    assert "surveys" in sources_read(CONFIG)  # so that an answer touches the customer


def test_a_window_nobody_asks_for_is_not_computed() -> None:
    assert rule_window_families(config({"orders": {}, "web_sessions": {}})) == ()
    assert "web_sessions" not in {
        family.name.removeprefix("asked_") for family in families(asking({"orders": {}}, "count(orders, 9)"))
    }


def test_a_window_of_a_source_that_is_not_there_is_off() -> None:
    lacking = asking({"orders": {}}, "count(web_sessions, 9)", "count(returns, 9)")
    off = unavailable_columns(lacking)
    assert off["count_web_sessions_9d"] == "source 'web_sessions' is not configured"
    assert off["count_returns_9d"] == "source 'returns' is not configured"
    assert not [family for family in families(lacking) if family.name.startswith("asked_")]


def test_two_rules_that_ask_for_the_same_share_a_column() -> None:
    (family,) = rule_window_families(asking({"orders": {}}, "count(orders, 9)", "count( orders,9 )", "count(orders, 9)"))
    assert [feature.column.name for feature in family.features(CONFIG)] == ["count_orders_9d"]


@pytest.mark.slow
def test_days_go_by_and_events_leave_the_windows(tmp_path: Path) -> None:
    """A run that builds on an earlier day sees what a run from nothing sees."""
    files, building = _write(tmp_path), DuckDBEngine(None)
    asked = asking(
        {name: {} for name in ("orders", "returns", "web_sessions")},
        *(window for window in EXPECTED if "surveys" not in window),
    )
    features_of_files(building, files, asked)
    later, changes = AS_OF + timedelta(days=10), ChangeSet(AS_OF)  # what was at the beginning of a window has left it
    clean_all(building, files, asked, later, changes)
    full_refresh = DuckDBEngine(None)
    assert features(building, asked, later, changes) == features_of_files(full_refresh, files, asked, later)
    full_refresh.close()
    building.close()
