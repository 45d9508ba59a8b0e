"""A campaign from its list to its result, and an experiment that was run elsewhere: by configuration alone."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segmentation_pipeline_tests.end_to_end.nights import night
from segmentation_pipeline_tests.end_to_end.project import orders_alone, query, segmentation

pytestmark = pytest.mark.slow

PEOPLE = 64_000
LABELS = {"mens_email": "Mens E-Mail", "womens_email": "Womens E-Mail", "holdout": "No E-Mail"}
RATES = {"mens_email": (0.183, 0.0125), "womens_email": (0.151, 0.0088), "holdout": (0.106, 0.0057)}
SOURCES = """sources:
  orders: {files: data/raw/orders.csv}
  campaign_contacts:
    files: data/raw/email_test.csv
    columns:
      campaign: {value: email_test}
      customer_id: person
      contacted_at: sent_on
      arm: {from: segment, values: {Mens E-Mail: mens_email, Womens E-Mail: womens_email, No E-Mail: holdout}}
      visited: visit
      converted: conversion
      outcome_amount: spend
"""
EXPERIMENT = """campaigns: {}
experiments:
  email_test:
    title: Men's or women's merchandise by e-mail, or nothing
    channel: email
    shares: {mens_email: 1, womens_email: 1, holdout: 1}
    ends: 2025-03-10
    cost_per_contact: 0.05
    from_orders: false
    measurement:
      metric: visit
      window_days: 14
      outcomes:
        visit: {column: visited}
        conversion: {column: converted}
        spend: {column: outcome_amount}
"""


def drawn(file: Path) -> dict[str, dict[str, np.ndarray[Any, Any]]]:
    """Write the outcomes of people drawn into three even arms; what they are by metric and arm."""
    rng = np.random.default_rng(2008)
    arms = rng.permutation(np.resize(list(RATES), PEOPLE))
    visit = rng.random(PEOPLE) < np.array([RATES[arm][0] for arm in arms])
    buys = visit & (rng.random(PEOPLE) < np.array([RATES[arm][1] / RATES[arm][0] for arm in arms]))
    spend = np.where(buys, np.round(rng.gamma(1.2, 95.0, PEOPLE), 2), 0.0)
    lines = [f"p{n},2025-03-10,{LABELS[arms[n]]},{int(visit[n])},{int(buys[n])},{spend[n]:.2f}\n" for n in range(PEOPLE)]
    file.write_text("person,sent_on,segment,visit,conversion,spend\n" + "".join(lines))
    values = {"visit": visit.astype(float), "conversion": buys.astype(float), "spend": spend}
    return {metric: {arm: value[arms == arm] for arm in RATES} for metric, value in values.items()}


def test_a_test_of_three_arms_without_orders_is_taken_as_it_is(tmp_path: Path) -> None:
    project = orders_alone(tmp_path, "order_id,customer_id,ordered_at,amount\n")
    (project / "config" / "sources.yaml").write_text(SOURCES)
    (project / "config" / "campaigns.yaml").write_text(EXPERIMENT)
    people = drawn(project / "data" / "raw" / "email_test.csv")
    run = segmentation(project, "run", "--as-of", "2025-03-24")
    assert run.returncode == 0, run.stdout + run.stderr
    found = query(
        project,
        """SELECT arm, metric, people, people_control, effect, standard_error, fixed_low, fixed_high, anytime_low, relative_effect,
        sample_ratio_holds, interval, verdict FROM campaign_results WHERE wave = 'all' ORDER BY ALL""",
    )
    assert [row[:2] for row in found] == sorted((arm, metric) for arm in RATES if arm != "holdout" for metric in people)
    rho = (-2 * math.log(0.05) + math.log(-2 * math.log(0.05) + 1)) / 1_000
    for arm, metric, count, count_control, *figures, holds, interval, verdict in found:
        one, other = people[metric][arm], people[metric]["holdout"]
        assert (count, count_control) == (len(one), len(other))
        v, w = one.var(ddof=1) / len(one), other.var(ddof=1) / len(other)
        effect, error = one.mean() - other.mean(), math.sqrt(v + w)
        freedom = (v + w) ** 2 / (v**2 / (len(one) - 1) + w**2 / (len(other) - 1))
        half = _t(freedom) * error
        n = min(len(one), len(other)) * rho
        anytime = error * math.sqrt(2 * (n + 1) / n * math.log(math.sqrt(n + 1) / 0.05))
        expected = [effect, error, effect - half, effect + half, effect - anytime, one.mean() / other.mean() - 1]
        assert figures == pytest.approx(expected, rel=1e-9, abs=1e-9)
        assert (holds, interval, verdict) == (True, "fixed", "works")
    costs = query(
        project, "SELECT DISTINCT arm, cost::DOUBLE, (0.05 * contacted)::DOUBLE FROM campaign_results WHERE wave = 'all'"
    )
    assert all(cost == pytest.approx(by_hand, abs=0.005) for _, cost, by_hand in costs)


def _t(freedom: float) -> float:
    import scipy.stats

    return float(scipy.stats.t.ppf(0.975, freedom))


MAIL = """campaigns:
  mail:
    title: Mail
    channel: email
    audience: frequency >= 1
    rank_by: frequency
    holdout_share: 0.3
    measurement: {window_days: 10, by: [lifecycle], metric: METRIC}
"""


def test_a_list_has_its_result_when_its_windows_are_over(tmp_path: Path) -> None:
    """Six hundred people; a third of those contacted order within the window, a tenth of the others."""
    everybody = [f"c{number:03}" for number in range(600)]
    orders = "order_id,customer_id,ordered_at,amount\n" + "".join(f"{who},{who},2026-04-20,40\n" for who in everybody)
    project = orders_alone(tmp_path, orders)
    config, raw = project / "config", project / "data" / "raw"
    (raw / "customers.csv").write_text("customer_id,email\n" + "".join(f"{who},{who}@example.org\n" for who in everybody))
    (config / "sources.yaml").write_text(
        "sources: {orders: {files: data/raw/orders*.csv}, customers: {files: data/raw/customers.csv}}\n"
    )
    (config / "privacy.yaml").write_text("consent: not_required\nconsent_not_required_reason: a test\n")
    (config / "campaigns.yaml").write_text(MAIL.replace("METRIC", "conversion"))

    asked = """SELECT assigned, assigned_control, people, status, verdict, interval, converted, converted_control, definition_changed
    FROM campaign_results WHERE as_of = '{}' AND metric = 'conversion' AND wave = '{}' AND segment = '{}'"""
    night(project, "2026-04-30")
    arms = dict(query(project, "SELECT customer_id, arm FROM campaign_audiences"))
    kept_out = sorted(who for who, arm in arms.items() if arm == "holdout")
    sent = sorted(set(everybody) - set(kept_out))
    start = [(len(sent), len(kept_out), 0, "not over yet", "too early", None, 0, 0, False)]
    assert query(project, asked.format("2026-04-30", "all", "all")) == start
    buyers = sent[: len(sent) // 3] + kept_out[: len(kept_out) // 10]
    (raw / "orders_may.csv").write_text(
        "order_id,customer_id,ordered_at,amount\n" + "".join(f"{who}b,{who},2026-05-05,50\n" for who in buyers)
    )
    (config / "campaigns.yaml").write_text(MAIL.replace("METRIC", "orders"))
    done = segmentation(project, "run", "--as-of", "2026-05-10")
    assert done.returncode == 0, done.stdout + done.stderr
    counts = (len(sent), len(kept_out), len(sent), "measured", "works")
    bought = (len(sent) // 3, len(kept_out) // 10)
    for wave, segment, interval in (("all", "all", "anytime"), ("2026-04", "all", "fixed"), ("2026-04", "active", "fixed")):
        assert query(project, asked.format("2026-05-10", wave, segment)) == [(*counts, interval, *bought, True)]
    assert "mail is measured otherwise than when it started" in done.stdout
    rolled = query(
        project, "SELECT channel, month, campaigns, contacted, cost FROM campaigns_over_time WHERE as_of = '2026-05-10'"
    )
    assert rolled == [("email", "2026-04", 1, len(sent), None)]
    before = query(project, "FROM campaign_results WHERE as_of = '2026-04-30' ORDER BY ALL")
    night(project, "2026-04-30")
    assert query(project, "FROM campaign_results WHERE as_of = '2026-04-30' ORDER BY ALL") != []
    again = query(project, asked.format("2026-04-30", "all", "all"))
    assert again[0][:-1] == start[0][:-1] and again[0][-1], "the day run again with another metric says so"
    assert len(before) == len(query(project, "FROM campaign_results WHERE as_of = '2026-04-30'"))
