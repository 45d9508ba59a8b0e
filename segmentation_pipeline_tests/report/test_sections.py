"""Each section says what is so, from a few rows; where there are none, what would light it up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.report.figure import Absent, Figure, Section
from segmentation_pipeline.report.reader import Reader
from segmentation_pipeline.report.sections.campaigns import campaigns
from segmentation_pipeline.report.sections.changes import changes
from segmentation_pipeline.report.sections.customers import customers
from segmentation_pipeline.report.sections.data import data
from segmentation_pipeline.report.sections.models import models
from segmentation_pipeline.report.sections.privacy import privacy
from segmentation_pipeline.report.sections.segments import segments
from segmentation_pipeline.report.sections.sheets import sheets
from segmentation_pipeline_tests.report.parsed import Page
from segmentation_pipeline_tests.report.tiny import BEFORE, DAY, Rows, config_of, reading, write

LIFECYCLE = {"segmentation": "lifecycle"}
CATALOG = {**LIFECYCLE, "title": "Lifecycle", "kind": "rules", "owner": "team:crm", "exclusive": True}


def made(folder: Path, section: Callable[[Reader], Section], rows: Rows) -> Section:
    config = config_of(folder / "config")
    with reading(write(folder / "shop.duckdb", config, rows), config) as reader:
        return section(reader)


def told(section: Section) -> str:
    """All a reader sees of it."""
    parts = [f"{part.title} {part.chart}{part.numbers}" for part in section.parts if isinstance(part, Figure)]
    return Page(f"<p>{section.lead}</p>{''.join(parts)}").text


def absent(section: Section) -> dict[str, str]:
    return {part.title: part.why for part in section.parts if isinstance(part, Absent)}


@pytest.mark.parametrize("section", [campaigns, customers, data, models, segments, sheets])
def test_a_section_without_rows_says_in_a_line_what_would_light_it_up(tmp_path: Path, section) -> None:
    found = made(tmp_path, section, {"row_accounting": []})
    assert absent(found) and all(why for why in absent(found).values())
    assert not any(isinstance(part, Figure) and not part.answers for part in found.parts)


def test_tables_that_a_configuration_lacks_are_not_asked_for(tmp_path: Path) -> None:
    assert "config/models.yaml" in absent(made(tmp_path / "a", models, {}))["Drift"]
    assert "config/privacy.yaml" in absent(made(tmp_path / "b", privacy, {}))["Whom campaigns contact, by group"]


def test_what_changed_comes_with_numbers_and_new_failures_first(tmp_path: Path) -> None:
    rule = {"table_name": "clean.orders", "severity": "warning", "unexpected_count": 2, "checked_rows": 40}
    key = {"campaign": "spring", "campaign_key": "spring", "arm": "treatment", "metric": "conversion"}
    whole = {"wave": "all", "segmentation": "all", "decides": True, "people": 300}
    found = made(
        tmp_path,
        changes,
        {
            "row_accounting": [{"source": "orders", "as_of": day, "read": 1, "clean": 1} for day in (BEFORE, DAY)],
            "segment_kpis": [{**LIFECYCLE, "segment": "lost", "customers": 40, "entered": 3, "left": 1}],
            "model_registry": [
                {"as_of": day, "model": "clv", "kind": kind, "version": kind, "is_champion": True, "note": ""}
                for day, kind in ((BEFORE, "nbd"), (DAY, "bg_nbd"))
            ],
            "data_quality": [
                {
                    **rule,
                    "rule": "b_old",
                    "passed": False,
                    "description": "stale. More.",
                    "as_of": day,
                    "message": "row 7 of C000007",
                }
                for day in (BEFORE, DAY)
            ]
            + [{**rule, "rule": "c_new", "passed": False, "description": "fresh. More."}],
            "campaign_results": [
                {**key, **whole, "as_of": BEFORE, "verdict": "too early"},
                {**key, **whole, "as_of": DAY, "verdict": "works"},
            ],
        },
    )
    assert found.lead == (
        "Since the run of 2026-06-29: 1 segment gained or lost customers, 1 model took over by another method, 0 fitted anew, "
        "2 checks failing, 1 of them new, 1 campaign decided."
    )
    text = told(found)
    assert text.index("fresh") < text.index("stale"), "what is new stands first"
    assert "2 of 40 rows do not" in text and "C000007" not in text, "rows that fail are counted and not named"
    assert "another method" in text and "too early" in text


def test_the_first_run_has_nothing_to_compare_with(tmp_path: Path) -> None:
    found = made(tmp_path, changes, {})
    assert found.lead.startswith("This is the first run") and "Segments that moved" in absent(found)


def test_shares_and_money_of_the_base_are_those_of_the_profile(tmp_path: Path) -> None:
    people = [
        {"customer_id": f"c{n}", "frequency": 2, "frequency_90d": n % 2, "frequency_365d": 1, "gross_revenue": 50}
        | {"monetary_365d": 100, "monetary_previous_365d": 80}
        for n in range(20)
    ]
    text = told(made(tmp_path, customers, {"customer_profile": people}))
    assert "2,000" in text and "25.0\N{NO-BREAK SPACE}% on the year before" in text and "50.0\N{NO-BREAK SPACE}%" in text


def test_a_cohort_is_a_row_and_few_people_have_no_share(tmp_path: Path) -> None:
    def cohort(month: int, customers: int, *shares: float | None) -> list[dict]:
        first = DAY.replace(month=month, day=1)
        return [
            {"cohort_month": first, "months_since": since, "month": first, "customers": customers, "retention": share}
            for since, share in enumerate((1.0, *shares))
        ]

    rows = [*cohort(4, 40, 0.25, None), *cohort(5, 4, 0.75)]
    [part] = [part for part in made(tmp_path, customers, {"cohort_retention": rows}).parts if part.title == "Who comes back"]
    text = Page(str(part.numbers)).text
    assert "25\N{NO-BREAK SPACE}%" in text and "under 10" in text and "75" not in text


def profile(segment: str, customers: int, **more: object) -> dict[str, object]:
    figures = {"customer_share": 0.5, "revenue_share": 0.25, "monetary_365d": 777, "sets_apart": "monetary +0.6 sd"}
    return {**LIFECYCLE, "segment": segment, "customers": customers, **figures, **more}


def test_a_segment_is_told_by_its_rule_in_words_and_a_small_one_by_no_figure(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        segments,
        {
            "segment_catalog": [
                {**CATALOG, "segment": "active", "definition": "recency_days <= 90"},
                {**CATALOG, "segment": "lost", "definition": "true"},
            ],
            "segment_profiles": [profile("active", 60), profile("lost", 3, monetary_365d=55555)],
            "segment_kpis": [
                {**LIFECYCLE, "segment": "active", "customers": n, "as_of": d} for n, d in ((50, BEFORE), (60, DAY))
            ],
        },
    )
    text = told(found)
    assert "recency days at most 90" in text and "everybody else" in text
    assert "somewhat higher monetary" in text and "50 on 2026-06-29, 60 on 2026-06-30, +20.0\N{NO-BREAK SPACE}%" in text
    assert "under 10" in text and "55,555" not in text


def test_who_moved_is_drawn_and_counted_but_not_into_a_small_segment(tmp_path: Path) -> None:
    def way(source: str | None, target: str, customers: int) -> dict[str, object]:
        ends = {"source": source, "target": target, "customers": customers}
        return {**LIFECYCLE, **ends, "period": "day", "previous_as_of": BEFORE}

    ways = [way("active", "active", 40), way("active", "lost", 12), way("active", "asleep", 4), way(None, "active", 11)]
    found = made(
        tmp_path,
        segments,
        {
            "row_accounting": [{"source": "orders", "as_of": day, "read": 1, "clean": 1} for day in (BEFORE, DAY)],
            "segment_catalog": [{**CATALOG, "segment": "active"}],
            "segment_transitions": ways,
        },
    )
    [moves] = [part for part in found.parts if part.title.endswith("who came and went") and isinstance(part, Figure)]
    rows = Page(str(moves.numbers)).text
    assert "active → lost12" in rows and "active → asleepunder 10" in rows and "in none → active11" in rows
    assert str(moves.chart).count("<path") == 4


def test_effects_are_told_with_interval_and_verdict_and_without_people_there_is_no_plot(tmp_path: Path) -> None:
    row = {"campaign": "spring", "campaign_key": "spring", "arm": "treatment", "wave": "all", "segmentation": "all"}
    effect = {"lift": 0.08, "lift_low": 0.02, "lift_high": 0.14, "interval": "anytime", "people": 300, "people_control": 90}
    money = {"incremental": 4000, "incremental_low": -100, "incremental_high": 9000, "cost": 200}
    found = made(
        tmp_path,
        campaigns,
        {
            "campaign_results": [
                {**row, **effect, "metric": "conversion", "decides": True, "verdict": "works", "status": "measured"},
                {**row, **effect, **money, "metric": "revenue", "decides": False},
                {**row, "campaign": "new", "metric": "conversion", "decides": True, "status": "not over yet", "people": 0},
            ]
        },
    )
    text = told(found)
    assert "8.0 points" in text and "anytime" in text and "works" in text and "not over yet" in text
    assert "4,000" in text and "\N{MINUS SIGN}100.00" in text
    [plot] = [part for part in found.parts if part.title == "What campaigns changed: conversion"]
    assert str(plot.chart).count("<circle") == 1, "what has no effect yet has no dot"


def test_a_sheet_leads_from_everybody_to_the_list(tmp_path: Path) -> None:
    def gate(at: int, step: str, entered: int, left_out: int, reason: str) -> dict[str, object]:
        passed = {"entered": entered, "left_out": left_out, "remained": entered - left_out}
        return {"campaign": "spring", "version": 1, "step_number": at, "step": step, "reason": reason, **passed}

    funnel = [
        gate(1, "rule", 100, 60, "rule does not hold: recency_days <= 90"),
        gate(2, "consent", 40, 15, "no consent"),
        gate(3, "holdout", 25, 5, "kept out by draw"),
        gate(4, "exported", 20, 0, "in the audience file"),
    ]
    again = [dict(row, version=2, left_out=0) for row in funnel[-1:]]
    first = made(tmp_path / "1", sheets, {"campaign_funnel": funnel})
    text = f"{first.parts[0].text} {told(first)}"
    assert "recency days at most 90" in text and "20 customers on 2026-06-30; 5 kept out" in text
    assert "no consent" in text and "contacted" in text and "data/audiences/2026-06-30/spring/" in text
    assert "list is too short" in "".join(absent(first).values())
    newest = made(tmp_path / "2", sheets, {"campaign_funnel": [*funnel, *again]})
    assert "no consent" not in told(newest), "of a list that was made again the newest version counts"
    assert "data/audiences/2026-06-30/spring.v2/" in str(newest.parts[0].text)


def test_gain_adds_up_from_the_highest_forecast_down(tmp_path: Path) -> None:
    bins = [
        {"model": "clv", "version": "v", "bin": 1, "customers": 30, "predicted": 1.0, "observed": 1.0},
        {"model": "clv", "version": "v", "bin": 10, "customers": 10, "predicted": 9.0, "observed": 9.0},
    ]
    [gain] = [part for part in made(tmp_path, models, {"model_calibration": bins}).parts if part.title == "clv: gain"]
    rows = Page(str(gain.numbers)).text.replace("\N{NO-BREAK SPACE}", "")
    assert "25.0%75.0%" in rows and "100.0%100.0%" in rows


def test_rows_add_up_and_refused_ones_have_their_reasons(tmp_path: Path) -> None:
    account = {"source": "orders", "anonymous": 0, "superseded": 0, "later": 0, "erased": 0, "expired": 0, "skipped": 0}
    rows = [
        {**account, "as_of": BEFORE, "read": 90, "clean": 90, "quarantined": 0, "quarantined_by_reason": "{}"},
        {**account, "read": 100, "clean": 93, "quarantined": 7, "quarantined_by_reason": '{"missing:amount": 7}'},
    ]
    text = told(made(tmp_path, data, {"row_accounting": rows}))
    assert "+10" in text and "93.0\N{NO-BREAK SPACE}% accepted" in text and "missing:amount7" in text


def test_coverage_of_consent_is_weighted_by_members(tmp_path: Path) -> None:
    kpis = [
        {**LIFECYCLE, "segment": "active", "customers": 30, "consent_coverage_email": 1.0},
        {**LIFECYCLE, "segment": "lost", "customers": 10, "consent_coverage_email": 0.0},
    ]
    text = told(made(tmp_path, data, {"segment_kpis": kpis, "segment_catalog": [{**CATALOG, "segment": "active"}]}))
    assert "e-mail75.0\N{NO-BREAK SPACE}%" in text and "text message" not in text


def test_noes_that_match_nobody_are_counted_and_not_named(tmp_path: Path) -> None:
    noes = [{"source": "consents", "file": "c.csv", "row": 3, "named": "C***7", "reason": "no customer has this key"}]
    text = told(made(tmp_path, privacy, {"unmatched_opt_outs": noes}))
    assert "no customer has this key" in text and "C***7" not in text


def test_groups_are_told_with_their_interval_and_who_answers_for_them_is_not_named(tmp_path: Path) -> None:
    config_of(tmp_path / "config")
    (tmp_path / "config" / "sources.yaml").write_text("sources: {orders: {files: o.csv}, customers: {files: c.csv}}")
    (tmp_path / "config" / "privacy.yaml").write_text("fairness: {groups: [gender]}")
    config = load_config(tmp_path / "config")
    row = {"campaign": "spring", "attribute": "gender", "measure": "contacted"}
    rows = [
        {**row, "customer_group": "f", "people": 400, "rate": 0.2, "low": 0.15, "high": 0.25, "ratio": 1.0, "flag": "ok"},
        {**row, "customer_group": "m", "people": 400, "rate": 0.1, "low": 0.07, "high": 0.13, "ratio": 0.5}
        | {"flag": "below_four_fifths", "waived_by": "Ann Example", "waived_because": "It is."},
        {**row, "customer_group": "d", "people": 4, "flag": "too_few"},
    ]
    with reading(write(tmp_path / "shop.duckdb", config, {"audience_fairness": rows}), config) as reader:
        section = privacy(reader)
    [groups] = [part for part in section.parts if part.title == "Whom campaigns contact, by group"]
    text = told(section)
    assert "below four fifths" in text and "20.0\N{NO-BREAK SPACE}%" in text and "under 10" in text
    assert "Ann Example" not in text and "yes" in text
    assert str(groups.chart).count("<circle") == 2 and '<circle class="w"' in str(groups.chart)


@pytest.mark.parametrize(
    ("expectation", "observed", "seen"),
    [
        ("expect_column_distinct_values_to_be_in_set", "['C000007']", "it does not, or could not be checked"),
        ("expect_table_row_count_to_be_between", "12", "12"),
        ("segment_sizes", "small_segments 2", "small_segments 2"),
        ("expect_column_values_to_not_be_null", None, "it does not, or could not be checked"),
    ],
)
def test_what_a_rule_measured_is_told_unless_it_may_be_values_of_rows(tmp_path: Path, expectation, observed, seen) -> None:
    rule = {"table_name": "t", "rule": "r", "severity": "error", "passed": False, "unexpected_count": 0, "description": "Must."}
    text = told(made(tmp_path, changes, {"data_quality": [{**rule, "expectation": expectation, "observed": observed}]}))
    assert seen in text and "C000007" not in text
