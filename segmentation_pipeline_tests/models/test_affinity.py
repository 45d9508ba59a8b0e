"""Hours and channels are published where they foretell later responses: a customer's own, else the group's, else none."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.model_tables import SEND_AFFINITY_COLUMNS
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.affinity.best import affinity_rows, candidates_of
from segmentation_pipeline.models.affinity.judge import GROUP, NONE, OWN, Judged
from segmentation_pipeline.models.affinity.trials import sent_mailings
from segmentation_pipeline.models.affinity_scores import AFFINITY
from segmentation_pipeline.models.catalog import customer_columns, unavailable_columns
from segmentation_pipeline.models.registry import Training
from segmentation_pipeline.models.score_model import Scoring, TrainingData
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline_tests.clean.project import AS_OF as CLEAN_DAY
from segmentation_pipeline_tests.clean.project import clean_all, config, write
from segmentation_pipeline_tests.models.affinity.shop import AS_OF, SETTINGS, Row, best_on, of_habit, sent


def judged(rows: list[Row]) -> tuple[Judged, dict[str, tuple[str, float]]]:
    engine = DuckDBEngine(None)
    found = best_on(engine, rows)
    engine.close()
    return found


@pytest.mark.slow
def test_a_mailing_has_an_hour_only_where_its_time_is_known_and_an_earlier_click_hides_no_later_one() -> None:
    """Files that know no time say midnight, of the business or in UTC; an id may be used again, or a test click come first."""
    engine, day = DuckDBEngine(None), date(2026, 5, 4)
    events = [
        ("utc", "m1", "sent", datetime(2026, 5, 4, 0, 0), day),
        ("local", "m1", "sent", datetime(2026, 5, 3, 22, 0), day),
        ("timed", "m1", "sent", datetime(2026, 5, 4, 7, 30), day),
        ("timed", "m1", "click", datetime(2026, 5, 3, 7, 0), day - timedelta(days=1)),
        ("timed", "m1", "click", datetime(2026, 5, 5, 7, 0), day + timedelta(days=1)),
        ("early", "m1", "sent", datetime(2026, 5, 4, 7, 30), day),
        ("early", "m1", "click", datetime(2026, 5, 3, 7, 0), day - timedelta(days=1)),
    ]
    names = {"customer_id": "string", "message_id": "string", "event": "string", "occurred_at": "timestamp", "event_date": "date"}
    mailings = engine.memtable({name: [row[i] for row in events] for i, name in enumerate(names)}, names)
    berlin = config({"orders": {}, "email_events": {}}, business={"timezone": "Europe/Berlin"})
    found = engine.rows(sent_mailings(mailings, berlin, AS_OF, SETTINGS))
    assert {(row["customer_id"], row["value"], row["responded"]) for row in found} == {("timed", "09", 1), ("early", "09", 0)}
    engine.close()


def test_habits_of_customers_are_found_and_published() -> None:
    made, told = judged(sent(of_habit))
    assert made.kind == OWN and made.note == "" and made.metrics["own_gain_low"] > 0
    right = sum(told[f"c{number:04}"][0] == ("08" if number % 2 else "18") for number in range(300))
    assert right >= 270, f"{right} of 300; a guess has 100"
    assert all(0 < rate < 1 for _, rate in told.values()) and len(told) == 300


@pytest.mark.slow
def test_where_customers_have_no_habits_the_group_has() -> None:
    made, told = judged(sent(lambda number, hour: 1.6 if hour == "12" else 0.7))
    assert made.kind == GROUP and "the group's rates are published: own rates gain" in made.note
    assert {best for best, _ in told.values()} == {"12"} and len({rate for _, rate in told.values()}) > 20, (
        "the rates are their own"
    )


@pytest.mark.slow
def test_without_habits_nothing_is_published_but_by_chance() -> None:
    kinds = [judged(sent(lambda number, hour: 1.0, customers=150, sends=40, seed=seed))[0].kind for seed in range(10)]
    assert kinds.count(NONE) >= 8, "each of the two gains exceeds its interval by chance once in forty times"


@pytest.mark.slow
def test_habits_that_have_turned_since_are_not_published() -> None:
    turned = [
        (who, day, {"08": "18", "18": "08"}.get(hour, hour) if day > AS_OF - timedelta(days=97) else hour, clicked)
        for who, day, hour, clicked in sent(of_habit)
    ]
    made, _ = judged(turned)
    assert made.kind != OWN and made.metrics["own_gain_high"] < 0


def test_too_few_sends_are_silent_and_say_why() -> None:
    made, _ = judged(sent(of_habit, customers=10, sends=5))
    assert made.kind == NONE and "at least 50 needed" in made.note
    made, _ = judged([("anna", AS_OF - timedelta(days=50), "08", 0)])
    assert made.kind == NONE and made.rates is None


def test_an_hour_or_a_group_with_too_few_sends_is_no_choice_and_in_no_table() -> None:
    cells = [
        {"group": "at", "value": value, "sends": sends, "responses": 20}
        for value, sends in (("08", 300), ("12", 199), ("18", 200))
    ]
    cells += [{"group": "de", "value": "08", "sends": 500, "responses": 20}]
    candidates = candidates_of(cells, 200)
    assert candidates == {"at": ["08", "18"]}, "one hour is no choice"
    made, _ = judged(sent(of_habit, customers=60, sends=20))
    assert made.rates
    rates = type(made.rates)({"at": 0.1}, {"at": {"08": 0.07, "18": 0.1}})
    rows = affinity_rows(AS_OF, "hour", cells, rates, candidates, OWN)
    assert [row[3] for row in rows] == ["08", "18"] and len(rows[0]) == len(SEND_AFFINITY_COLUMNS)
    assert rows[1][4:10] == (200, 20, 0.1, 0.0657, 0.1493, 0.1) or rows[1][7] < 0.1 < rows[1][8]


def test_order_of_rows_changes_nothing() -> None:
    rows = sent(of_habit, customers=80, sends=30)
    assert judged(rows) == judged(rows[::-1])


def test_columns_follow_the_sources_and_null_where_nothing_is_published(tmp_path: Path) -> None:
    assert "best_send_hour" not in customer_columns(config({"orders": {}}))
    assert unavailable_columns(config({"orders": {}}))["best_send_hour"] == "source 'email_events' is not configured"
    engine, settings = DuckDBEngine(None), config({"orders": {}, "campaign_contacts": {}})
    assert [column.name for column in AFFINITY.columns(settings)] == ["best_channel", "best_channel_rate"]
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "o1,anna,2025-01-01,30.00")
    write(tmp_path, "campaign_contacts", "campaign,customer_id,contacted_at,channel,arm", "jan,anna,2025-01-05,email,treatment")
    clean_all(engine, tmp_path, settings)
    features = engine.table(tables.clean("orders")).select("customer_id")
    data = TrainingData(engine, settings, features, features, None, Training(CLEAN_DAY, None, "code", "data"))
    made = AFFINITY.fit(data)
    [version] = made.versions
    assert (version.model, version.kind) == ("affinity_channel", NONE) and engine.rows(made.tables[tables.SEND_AFFINITY]) == []
    assert AFFINITY.unpublished(settings, lambda model: version.parameters) == {"best_channel", "best_channel_rate"}
    scored = AFFINITY.score(features, Scoring(engine, settings, lambda model: version.parameters, CLEAN_DAY))
    assert engine.rows(scored) == [{"customer_id": "anna", "best_channel": None, "best_channel_rate": None}]
    engine.close()


@pytest.mark.slow
def test_a_declared_group_has_rates_of_its_own_that_decide_for_whoever_has_few_sends() -> None:
    """Austrians click in the evening, Germans in the morning; nobody has habits beside that."""
    engine, settings = (
        DuckDBEngine(None),
        config({"orders": {}, "email_events": {}, "customers": {}}, models={"affinity": {"group": "country"}}),
    )

    def country(number: int) -> str:
        return "AT" if number % 2 else "DE"

    rows = sent(lambda number, hour: {("AT", "18"): 2.0, ("DE", "08"): 2.0}.get((country(number), hour), 0.5))
    start = {"customer_id": [], "message_id": [], "event": [], "event_date": [], "occurred_at": []}
    for place, (who, day, hour, clicked) in enumerate(rows):
        at = datetime.combine(day, time(int(hour)))
        for event in ("sent", *(("click",) if clicked else ())):
            for name, value in zip(start, (who, f"m{place}", event, day, at), strict=True):
                start[name].append(value)
    kinds = {"customer_id": "string", "message_id": "string", "event": "string", "event_date": "date", "occurred_at": "timestamp"}
    engine.write(tables.clean("email_events"), engine.memtable(start, kinds))
    people = [f"c{number:04}" for number in range(300)]
    known = {"customer_id": [*people, "new", "stranger"], "country": [*map(country, range(300)), "AT", None]}
    engine.write("t.features", engine.memtable(known, dict.fromkeys(known, "string")))
    features = engine.table("t.features")
    made = AFFINITY.fit(TrainingData(engine, settings, features, features, None, Training(AS_OF, None, "code", "data")))
    [version] = made.versions
    assert version.model == "affinity_hour" and version.kind in (OWN, GROUP) and version.features == ("country",)
    table = engine.rows(made.tables[tables.SEND_AFFINITY])
    assert {(row["customer_group"], row["value"]) for row in table} == {(c, h) for c in ("AT", "DE") for h in ("08", "12", "18")}
    assert all(row["rate_low"] < row["rate"] < row["rate_high"] for row in table)
    scored = AFFINITY.score(features, Scoring(engine, settings, lambda model: version.parameters, AS_OF))
    best = {row["customer_id"]: row["best_send_hour"] for row in engine.rows(scored)}
    right = sum(best[who] == (18 if country(number) == "AT" else 8) for number, who in enumerate(people))
    assert right >= 295 and (best["new"], best["stranger"]) == (18, None), "everybody without a group was sent nothing"
    engine.close()


@pytest.mark.parametrize(
    ("group", "told"), [("gender", "nobody is sent to by who they are"), ("frequency", "text column"), ("contry", "contry")]
)
def test_a_group_that_cannot_be_one_is_told(tmp_path: Path, group: str, told: str) -> None:
    (tmp_path / "sources.yaml").write_text("sources: {orders: {files: o.csv}, campaign_contacts: {files: c.csv}}\n")
    (tmp_path / "pipeline.yaml").write_text(f"models: {{affinity: {{group: {group}}}}}\n")
    with pytest.raises(ConfigError, match=told):
        load_config(tmp_path)
