"""Results of campaigns: on few people counted by hand, and in worlds in which there is nothing to compare."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from segmentation_pipeline.config.schema import Decision
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.rules.windows import event_columns
from segmentation_pipeline_tests.measurement.assigned import (
    assign,
    one,
    project,
    results,
    write_costs,
    write_down,
    write_lists,
    write_log,
)
from segmentation_pipeline_tests.measurement.shop import exclude, write_orders

D = timedelta(days=1)
START = date(2025, 1, 10)
AS_OF = START + 10 * D
MAIL = {"holdout_share": 0.5, "measurement": {"window_days": 10}}


def test_everybody_assigned_is_counted_from_the_day_after_the_list(any_engine: Engine) -> None:
    """Ten days after a list; what the window does not hold, who came later and who objected is not in it."""
    engine = any_engine
    settings = project(("orders", "returns", "campaign_contacts", "marketing_costs"), {"mail": MAIL})
    write_lists(
        engine,
        [
            *((START, "mail", who, "treatment") for who in ("anna", "bert", "cora", "gone")),
            *((START, "mail", who, "holdout") for who in ("dora", "emil")),
            (START + D, "mail", "fred", "treatment"),
            (START + D, "mail", "anna", "treatment"),  # again: the first time counts
            (START + 3 * D, "other", "dora", "treatment"),
        ],
        lost={(START, "mail"): 2},
    )
    flyer = [("flyer", who, AS_OF, "treatment") for who in ("cora", "p1", "p2", "p3", "p4")]
    write_log(engine, [("mail", "bert", START + D, "holdout"), *flyer, ("for p1 alone", "p1", AS_OF, "treatment")])
    write_costs(engine, [("Mail", START, "2.00"), ("mail", START + 40 * D, "1.00"), ("brand", START, "99.00")])
    write_orders(
        engine,
        [
            ("anna", START, 9_900),  # the day itself is before
            ("anna", START + D, 2_000),
            ("anna", AS_OF, 1_000),
            ("bert", START - 9 * D, 4_000),
            ("bert", START - 10 * D, 7_700),  # before the window before
            ("dora", START + 5 * D, 500),
            ("emil", START + 5 * D, 500, "cancelled"),
            ("gone", START + 5 * D, 100_000),
            ("fred", START + 2 * D, 100_000),
        ],
        [(1, START + 3 * D, 250)],
    )
    exclude(engine, ["gone"])
    found = results(engine, settings, AS_OF)
    row = one(found, campaign_key="mail", wave="all", metric="revenue")
    assert (row["assigned"], row["assigned_control"], row["not_over_yet"]) == (4, 2, 1)
    assert (row["people"], row["people_control"], row["contacted"]) == (3, 2, 2), "the log says that bert was kept out"
    assert (row["orders"], row["orders_control"], row["converted"], row["converted_control"]) == (2, 1, 1, 1)
    assert (row["total"], row["total_control"]) == (27.5, 5.0)
    assert (row["mean"], row["mean_control"]) == (pytest.approx(27.5 / 3), 2.5)
    assert (row["contacted_by_others"], row["contacted_by_others_control"]) == (1, 1)
    assert row["lost"] == 3, "two were erased, one objected"
    assert row["cost"] == Decimal("2.25"), "3.00 in all for anna twice, cora and fred, of whom fred is not counted yet"
    assert (row["status"], row["verdict"], row["lift"]) == ("too few people", "too early", None)
    assert [r["metric"] for r in found if r["campaign_key"] == "mail" and r["wave"] == "2025-01"] == [
        "conversion",
        "first_orders",
        "orders",
        "revenue",
        "revenue_winsorised",
    ]
    assert {r["wave"] for r in found} == {"all", "2025-01"}
    month = one(found, campaign_key="mail", wave="2025-01", metric="revenue")
    assert month["planned_end"] == date(2025, 2, 10) and row["planned_end"] is None
    assert month["cost"] == Decimal("2.25"), "no later month has contacts, so what was spent in February is of this one"
    flyer = {name: one(found, campaign_key="flyer", wave="all", metric="revenue")[name] for name in ("status", "verdict", "lift")}
    assert flyer == {"status": "observational", "verdict": None, "lift": None}
    assert "for p1 alone" not in {row["campaign"] for row in found}, "a name of one person may be about the person"


def test_two_accounts_of_one_person_are_one_and_the_earlier_arm_counts(any_engine: Engine) -> None:
    engine = any_engine
    settings = project(("orders", "returns", "identities"), {"mail": MAIL})
    write_lists(
        engine, [(START, "mail", "a1", "holdout"), (START + D, "mail", "a2", "treatment"), (START, "mail", "b", "treatment")]
    )
    merged = {"customer_id": ["a2"], "canonical_customer_id": ["a1"]}
    engine.write(tables.CUSTOMER_IDENTITY, engine.memtable(merged, dict.fromkeys(merged, "string")))
    write_orders(engine, [("a1", START + D, 100)])
    engine.write(tables.by_customer("orders"), engine.table(tables.clean("orders")))
    exclude(engine)
    row = one(results(engine, settings, AS_OF), wave="all", metric="orders")
    assert (row["assigned"], row["assigned_control"], row["in_both_arms"]) == (1, 1, 1)
    assert (row["total"], row["total_control"]) == (0.0, 1.0)


def many(arm: str, count: int, start: int = 0) -> list[tuple[date, str, str, str]]:
    return [(START, "mail", f"{arm}{number:04d}", arm) for number in range(start, start + count)]


def test_segments_are_those_of_the_day_people_were_assigned(any_engine: Engine) -> None:
    engine = any_engine
    settings = project(campaigns={"mail": MAIL | {"measurement": {"window_days": 10, "by": ["tier"]}}})
    write_lists(engine, [*many("treatment", 3), *many("holdout", 2)])
    stays = [
        ("treatment0000", "gold", date(2025, 1, 1), START + D),
        ("treatment0000", "rest", START + D, None),
        ("treatment0001", "gold", START, None),
        ("treatment0002", "gold", START + D, None),
        ("holdout0000", "gold", date(2025, 1, 1), START),
        ("holdout0001", "gold", date(2025, 1, 1), None),
    ]
    history = {
        "customer_id": [row[0] for row in stays],
        "segmentation": ["tier"] * len(stays),
        "segment": [row[1] for row in stays],
        "valid_from": [row[2] for row in stays],
        "valid_to": [row[3] for row in stays],
    }
    kinds = {**dict.fromkeys(("customer_id", "segmentation", "segment"), "string"), "valid_from": "date", "valid_to": "date"}
    engine.write(tables.SEGMENT_HISTORY, engine.memtable(history, kinds))
    write_orders(engine, [])
    exclude(engine)
    found = [row for row in results(engine, settings, AS_OF) if row["wave"] == "all" and row["metric"] == "conversion"]
    told = {(r["segmentation"], r["segment"]): (r["people"], r["people_control"]) for r in found}
    assert told == {("all", "all"): (3, 2), ("tier", "gold"): (2, 1), ("tier", "none"): (1, 1)}


def test_a_rule_over_another_source_makes_an_outcome(any_engine: Engine) -> None:
    """Who looked at two pages or more on one visit: 0 or 1 for each person."""
    engine = any_engine
    outcomes = {"visit": {"source": "web_sessions", "when": "page_views >= 2"}}
    asked = {"window_days": 10, "metric": "visit", "outcomes": outcomes}
    settings = project(("orders", "returns", "web_sessions"), {"mail": {"holdout_share": 0.5, "measurement": asked}})
    write_lists(engine, [*many("treatment", 2), *many("holdout", 2)])
    visits = [("treatment0000", START + D, 2), ("treatment0000", START + 2 * D, 5), ("treatment0001", START + D, 1)]
    visits += [("holdout0000", START - D, 3)]
    columns = {
        "customer_id": [who for who, *_ in visits],
        "event_date": [day for _, day, _ in visits],
        "page_views": [pages for *_, pages in visits],
    }
    others = {name: column.type.ibis for name, column in event_columns("web_sessions").items()}
    whole = others | {"customer_id": "string"}
    values = {name: columns.get(name, [None] * len(visits)) for name in whole}
    engine.write(tables.clean("web_sessions"), engine.memtable(values, whole))
    write_orders(engine, [])
    exclude(engine)
    found = results(engine, settings, AS_OF)
    row = one(found, wave="all", metric="visit")
    assert (row["converted"], row["converted_control"], row["mean"], row["decides"]) == (1, 0, 0.5, True)
    assert not one(found, wave="all", metric="conversion")["decides"]


@pytest.mark.parametrize(
    ("listed", "orders", "status", "verdict"),
    [
        (many("treatment", 9), (), "too few people", "too early"),
        ([*many("treatment", 40), *many("holdout", 40)], (), "no variation", "too early"),
        (many("treatment", 40), (), "ratio broken", "not comparable"),
        ([*many("treatment", 40), *many("holdout", 40), *many("stray", 3)], (), "no variation", "too early"),
    ],
)
def test_where_nothing_can_be_compared_a_status_says_so(listed, orders, status, verdict) -> None:  # type: ignore[no-untyped-def]
    engine = DuckDBEngine(None)
    write_lists(engine, listed)
    write_orders(engine, orders)
    exclude(engine)
    found = results(engine, project(campaigns={"mail": MAIL}), AS_OF)
    row = one(found, wave="all", metric="conversion", arm="treatment")
    assert (row["status"], row["verdict"], row["lift"], row["effect"]) == (status, verdict, None, None)
    for stray in (row for row in found if row["arm"] == "stray"):
        assert (stray["status"], stray["verdict"]) == ("arm not planned", "not comparable")
    engine.close()


@pytest.mark.parametrize(("others", "status"), [(0, "no variation"), (1, "no variation"), (2, "other campaigns too")])
def test_a_control_group_that_no_campaign_reaches_shows_what_all_did_where_others_contacted_the_treatment(
    others: int, status: str
) -> None:
    engine = DuckDBEngine(None)
    letters = [(START + D, "letter", f"treatment{number:04d}", "treatment") for number in range(others)]
    write_lists(engine, [*many("treatment", 100), *many("holdout", 100), *letters])
    write_orders(engine, [])
    exclude(engine)
    mail = {"holdout": "global", "measurement": {"window_days": 10}}
    letter = {"holdout": "none"}
    settings = project(campaigns={"mail": mail, "letter": letter})
    settings = settings.model_copy(update={"decision": Decision(global_holdout_share=0.5)})
    row = one(results(engine, settings, AS_OF + D), campaign="mail", wave="all", metric="conversion")
    assert (row["status"], row["contacted_by_others"], row["lift"]) == (status, others, None)
    engine.close()


def test_nobody_assigned_has_no_row_and_nobody_kept_out_no_verdict() -> None:
    engine = DuckDBEngine(None)
    write_orders(engine, [])
    exclude(engine)
    write_lists(engine, [])
    assert results(engine, project(campaigns={"mail": MAIL}), AS_OF) == []
    write_lists(engine, many("treatment", 40))
    found = results(engine, project(campaigns={"mail": {"holdout_share": 0.0}}), AS_OF + 40 * D)
    assert {(row["status"], row["verdict"], row["control"], row["people"]) for row in found} == {("no control", None, None, 40)}
    engine.drop(tables.CAMPAIGN_STARTS)
    early = results(engine, project(campaigns={"mail": {"holdout_share": 0.1}}), START)
    assert {(row["status"], row["verdict"], row["not_over_yet"]) for row in early} == {("not over yet", "too early", 40)}
    engine.close()


def test_somebody_contacted_three_times_costs_three_contacts() -> None:
    engine = DuckDBEngine(None)
    again = [(START + n * D, "mail", f"treatment{0:04d}", "treatment") for n in (1, 9, 10, 40)]
    write_lists(engine, [*many("treatment", 40), *many("holdout", 40), *again])
    write_orders(engine, [])
    exclude(engine)
    found = results(engine, project(campaigns={"mail": MAIL | {"cost_per_contact": "0.50"}}), START + 60 * D)
    costs = {row["wave"]: row["cost"] for row in found if row["metric"] == "conversion"}
    assert costs == {"all": Decimal("21.50"), "2025-01": Decimal("21.50"), "2025-02": Decimal("0.50")}, "40 and 3 in the window"
    engine.close()


def test_a_definition_that_changes_after_the_start_is_told_and_limits_stay() -> None:
    engine = DuckDBEngine(None)
    before = project(campaigns={"mail": MAIL})
    write_lists(engine, [*many("treatment", 40), *many("holdout", 40)])
    write_orders(engine, [(f"buyer{n}", START - D, 100 * n) for n in range(1, 101)])
    exclude(engine)
    first = one(results(engine, before, START), wave="all", metric="revenue_winsorised")
    assert (first["definition_changed"], first["winsorised_at"]) == (False, pytest.approx(99.5, abs=0.01))
    write_orders(engine, [(f"buyer{n}", START - D, 100_000) for n in range(1, 101)])
    after = project(campaigns={"mail": MAIL | {"measurement": {"window_days": 10, "metric": "orders"}}})
    later = one(results(engine, after, AS_OF), wave="all", metric="revenue_winsorised")
    assert (later["definition_changed"], later["winsorised_at"]) == (True, first["winsorised_at"])
    assert later["definition"] != first["definition"]
    # A campaign that is no longer configured is measured as it was written down.
    gone = one(results(engine, project(), AS_OF), wave="all", metric="revenue_winsorised")
    assert (gone["definition_changed"], gone["campaign"]) == (False, "mail")
    # The first day run again with another definition: its list stays, and so does what was said.
    assign(engine, after)
    write_down(engine, after, START, stays=["mail"])
    kept = engine.rows(engine.table(tables.CAMPAIGN_STARTS))
    assert [(row["as_of"], row["digest"]) for row in kept] == [(START, first["definition"])]
    engine.close()


def test_running_an_earlier_day_afterwards_changes_no_definition() -> None:
    engine = DuckDBEngine(None)
    sources = ("orders", "returns", "campaign_contacts")
    asked = {"shares": {"treatment": 1, "holdout": 1}, "measurement": {"window_days": 3}}
    write_log(engine, [("test", f"{arm}{n}", START, arm) for arm in ("treatment", "holdout") for n in range(40)])
    write_orders(engine, [])
    exclude(engine)
    first = results(engine, project(sources, experiments={"test": asked}), AS_OF)
    other = project(sources, experiments={"test": asked | {"measurement": {"window_days": 3, "metric": "orders"}}})
    earlier = results(engine, other, AS_OF - D)
    assert {row["definition_changed"] for row in (*earlier, *results(engine, other, AS_OF + D))} == {True}
    assert {row["definition_changed"] for row in first} == {False}
    engine.close()
