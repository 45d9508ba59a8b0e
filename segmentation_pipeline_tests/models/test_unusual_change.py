"""Sudden changes are found and told in words; without change hardly ever one is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.models.registry import Training
from segmentation_pipeline.models.score_model import Scoring, TrainingData
from segmentation_pipeline.models.unusual_change.settings import UnusualChangeConfig
from segmentation_pipeline.models.unusual_change_scores import UNUSUAL_CHANGE
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline_tests.clean.project import AS_OF, clean_all, config, write
from segmentation_pipeline_tests.models.unusual_change.shop import Event, drawn, fitted

PLANTED = {f"c{number:04}" for number in range(10)}


@pytest.mark.slow
def test_without_change_alarms_stay_at_the_stated_share_of_days() -> None:
    engine, days = DuckDBEngine(None), 20
    alarms = [fitted(engine, drawn(seed, wavering=(0.0, 0.2, 0.6)[seed % 3]))[0].changed > 0 for seed in range(days)]
    assert sum(alarms) <= 3, (
        "where nothing changes every alarm is false, so at most 5 % of days have one; 4 of 20 have a chance of 2 %"
    )
    engine.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("to", "paid", "words"),
    [(0.0, 1.0, "orders fell from "), (3.0, 1.0, "orders rose from "), (1.0, 0.1, "spend fell from ")],
)
def test_planted_changes_are_found_and_few_others(to: float, paid: float, words: str) -> None:
    engine, found, false = DuckDBEngine(None), 0, 0
    for seed in range(3):
        _, told = fitted(engine, drawn(100 + seed, changed=10, to=to, paid=paid))
        changed = {who: what for who, (what, _) in told.items() if what}
        found += sum(words in changed[who] for who in PLANTED & set(changed))
        false += len(set(changed) - PLANTED)
    assert found >= 24, "eight of ten"
    assert false <= 0.05 * (found + false) + 2
    engine.close()


def regular(who: str, per_window: int, windows: range) -> list[Event]:
    return [(who, window * 30 + number, 10.0) for window in windows for number in range(per_window)]


def crowd() -> list[Event]:
    """Forty customers with five orders in each of thirteen windows."""
    return [event for number in range(40) for event in regular(f"x{number:02}", 5, range(14))]


def test_what_changed_is_said_with_figures_and_only_while_it_is_new() -> None:
    engine = DuckDBEngine(None)
    events = [
        *crowd(),
        *regular("fell", 20, range(1, 14)),
        *regular("long_gone", 20, range(5, 14)),
        *regular("new", 20, range(3)),
    ]
    made, told = fitted(engine, events)
    assert told["fell"][0] == "orders fell from 20.0 to 0 a month" and told["fell"][1] < 1e-4
    assert told["long_gone"] == (None, 1.0), "the window before was as empty"
    assert told["new"] == (None, None), "two windows are no history"
    assert told["x00"][0] is None and (made.compared, made.changed) == (42, 1)
    engine.close()


def test_what_everybody_does_is_nobodys_change() -> None:
    engine = DuckDBEngine(None)
    events = [event for number in range(60) for event in regular(f"x{number:02}", 15, range(1, 14))]
    events += [(f"x{number:02}", day, 10.0) for number in range(60) for day in range(3)]
    made, _ = fitted(engine, events)
    assert made.changed == 0 and made.model.counts["orders"].level < 0.35
    engine.close()


def test_order_of_rows_changes_nothing() -> None:
    engine, events = DuckDBEngine(None), drawn(5, customers=80, changed=3, wavering=0.2)
    assert fitted(engine, events) == fitted(engine, events[::-1])
    engine.close()


def test_a_short_history_is_silent_and_says_why(tmp_path: Path) -> None:
    engine, settings = DuckDBEngine(None), config({"orders": {}})
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "o1,anna,2025-01-01,30.00", "o2,anna,2025-02-01,30.00")
    clean_all(engine, tmp_path, settings)
    orders = completed_orders(engine.table(tables.clean("orders")), settings)
    features = orders.select("customer_id").distinct()
    data = TrainingData(engine, settings, features, orders, None, Training(AS_OF, None, "code", "data"))
    [version] = UNUSUAL_CHANGE.fit(data).versions
    assert version.kind == "silent" and "no customer has 6 windows of 30 days" in version.note
    scored = UNUSUAL_CHANGE.score(features, Scoring(engine, settings, lambda model: version.parameters, AS_OF))
    assert engine.rows(scored) == [{"customer_id": "anna", "unusual_change": None, "unusual_change_p": None}]
    engine.close()


def test_visits_and_clicks_are_compared_where_sources_have_them(tmp_path: Path) -> None:
    engine, settings = DuckDBEngine(None), config({"orders": {}, "web_sessions": {}, "email_events": {}})
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "o1,anna,2024-01-01,30.00")
    days = [AS_OF - timedelta(days=ago) for ago in range(35, 400)]
    visits = [f"v{number},anna,{day}" for number, day in enumerate(days)]
    write(tmp_path, "web_sessions", "session_id,customer_id,started_at", *visits)
    clicks = [f"m{number},anna,click,{day}" for number, day in enumerate(days[::10]) for _ in range(2)]
    write(tmp_path, "email_events", "message_id,customer_id,event,occurred_at", *clicks)
    clean_all(engine, tmp_path, settings)
    orders = completed_orders(engine.table(tables.clean("orders")), settings)
    data = TrainingData(engine, settings, orders.select("customer_id").distinct(), orders, None, Training(AS_OF, None, "", ""))
    [version] = UNUSUAL_CHANGE.fit(data).versions
    assert set(version.parameters["counts"]) == {"orders", "visits", "clicks"}
    assert UNUSUAL_CHANGE.fitted_on(settings)[:3] == ("clean.orders", "clean.web_sessions", "clean.email_events")
    scored = UNUSUAL_CHANGE.score(data.features, Scoring(engine, settings, lambda model: version.parameters, AS_OF))
    [row] = engine.rows(scored)
    assert row["unusual_change"] == "visits fell from 29.6 to 0 a month"
    engine.close()


def test_mistakes_in_its_keys_are_told(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text("sources: {orders: {files: o.csv}}\n")
    (tmp_path / "pipeline.yaml").write_text("models: {unusual_change: {min_windows: 20}}\n")
    with pytest.raises(ConfigError, match="min_windows is 20, and windows only 12"):
        load_config(tmp_path)
    assert UnusualChangeConfig().window_days == 30
