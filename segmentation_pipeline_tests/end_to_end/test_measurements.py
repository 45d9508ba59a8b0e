"""Measurements over the sample: they add up to the profile, agree with each other, and answer what the page of docs asks."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from segmentation_pipeline.measurement.catalog import MEASUREMENTS
from segmentation_pipeline_tests.end_to_end.nights import night
from segmentation_pipeline_tests.end_to_end.project import ROOT, all_rows, orders_alone, query

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "measurement.md").read_text(encoding="utf-8")
EVERYBODY = {"lifecycle", "cluster_segment", "rfm", "value_tier"}
"""Segmentations of the sample in which everybody with an order has one segment."""


def test_cohorts_add_up_to_the_profile(sample_run: Path) -> None:
    [profile] = query(
        sample_run,
        "SELECT count(*), sum(frequency), sum(monetary), min(first_order_date) FROM customer_profile WHERE frequency > 0",
    )
    [cohorts] = query(
        sample_run,
        "SELECT sum(customers) FILTER (months_since = 0), sum(orders), sum(net_revenue), min(cohort_month) FROM cohort_retention",
    )
    assert cohorts[:3] == profile[:3] and cohorts[3] == profile[3].replace(day=1)
    assert query(
        sample_run, "SELECT DISTINCT retention, active_customers = customers FROM cohort_retention WHERE months_since = 0"
    ) == [(1.0, True)]
    later = "SELECT min(retention), max(retention) FROM cohort_retention WHERE months_since BETWEEN 1 AND 12 AND customers >= 30"
    [(least, most)] = query(sample_run, later)
    assert 0 < least < most < 0.9, "some come back in a month, not all"


def test_concentration_adds_up_to_the_profile(sample_run: Path) -> None:
    for period, revenue in (("365d", "monetary_365d"), ("lifetime", "monetary")):
        [(net,)] = query(sample_run, f"SELECT sum({revenue}) FROM customer_profile")
        rows = query(
            sample_run,
            f"SELECT customers, revenue + negative_revenue, revenue_share, gini FROM revenue_concentration "
            f"WHERE period = '{period}' ORDER BY top_percent",
        )
        assert rows[-1][1] == net and rows[-1][2] == 1.0
        shares = [share for _, _, share, _ in rows]
        assert shares == sorted(shares) and 0.3 < shares[2] < 0.7 and 0.4 < rows[0][3] < 0.8, "few bring much, not all"


def test_segments_have_the_figures_of_their_profiles(sample_run: Path) -> None:
    """Two programs, one in the engine and one in Python, count the same members."""
    differing = query(
        sample_run,
        """SELECT * FROM segment_kpis AS k FULL JOIN segment_profiles AS p USING (as_of, segmentation, segment)
        WHERE k.customers IS DISTINCT FROM p.customers OR k.net_revenue IS DISTINCT FROM p.monetary
        OR k.net_revenue_365d IS DISTINCT FROM p.monetary_365d OR k.avg_clv IS DISTINCT FROM p.avg_clv""",
    )
    assert differing == []
    [(active, again)] = query(
        sample_run, "SELECT count(*) FILTER (frequency > 0), count(*) FILTER (frequency > 1) FROM customer_profile"
    )
    sums = query(
        sample_run,
        "SELECT segmentation, sum(orders), sum(margin) FROM segment_kpis GROUP BY 1",
    )
    [(orders, margin)] = query(sample_run, "SELECT sum(frequency), sum(margin) FROM customer_profile")
    assert {row[0] for row in sums if row[1:] == (orders, margin)} >= EVERYBODY
    tiers = query(
        sample_run, "SELECT sum(repeat_rate * customers), sum(customers) FROM segment_kpis WHERE segmentation = 'value_tier'"
    )
    assert tiers == [(pytest.approx(again, abs=0.01), active)], "everybody in a tier has an order"


def test_on_the_first_day_there_is_no_day_to_compare_with(sample_run: Path) -> None:
    assert query(sample_run, 'SELECT DISTINCT previous_as_of, entered, "left" FROM segment_kpis') == [(None, None, None)]


def test_every_question_of_the_page_has_an_answer(sample_run: Path) -> None:
    asked = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    names = {measurement.contract.name for measurement in MEASUREMENTS} - {"shop_totals"}
    assert names <= {name for sql in asked for name in names if f"FROM {name} " in sql}, "each table has one"
    for sql in asked:
        rows = query(sample_run, sql)
        assert rows or "FROM unusual_changes " in sql, f"{sql}: only a first day has nothing it could be unlike"
    for measurement in MEASUREMENTS:
        if measurement.contract.name in names:
            assert f"## `{measurement.contract.name}`" in PAGE
    formulas = set(re.findall(r"`(\w+)`", "\n".join(line for line in PAGE.splitlines() if line.startswith("| `"))))
    columns = {column.name for m in MEASUREMENTS for column in m.contract.columns} | {"clv"}
    assert formulas - columns == set()


LATER = """order_id,customer_id,ordered_at,amount
1,anna,2025-01-10,20.00
2,anna,2026-06-30,30.00
3,bert,2026-06-30,40.00
4,cora,2025-06-30,10.00
5,cora,2025-12-01,10.00
6,dora,2025-02-01,15.00
"""


def test_a_day_upon_another_is_the_day_made_anew(tmp_path: Path) -> None:
    """On the second day two order, one of them for the first time, and windows of others end."""
    project = orders_alone(tmp_path / "shop", LATER)
    (project / "config" / "sources.yaml").write_text("sources: {orders: {files: 'data/raw/*.csv'}}\n")
    night(project, "2026-06-29")
    night(project, "2026-06-30")
    upon = all_rows(project)
    night(project, "2026-06-30", full=True)
    anew, names = all_rows(project), [measurement.contract.name for measurement in MEASUREMENTS]
    assert {name: upon[name] for name in names} == {name: anew[name] for name in names}
    moved = query(
        project,
        """SELECT segment, customers, entered, "left", previous_as_of::VARCHAR FROM segment_kpis
        WHERE segmentation = 'lifecycle' AND as_of = '2026-06-30' ORDER BY 1""",
    )
    assert moved == [("active", 2, 2, 0, "2026-06-29"), ("lost", 2, 0, 1, "2026-06-29")]
    money = query(
        project,
        """SELECT source, target, customers, net_revenue_365d FROM segment_movements
        WHERE segmentation = 'lifecycle' AND as_of = '2026-06-30' ORDER BY 1, 2""",
    )
    assert sum(customers for source, _, customers, _ in money if source != "active") == 2
    assert {target for *_, target, _, _ in money} == {"active"} and sum(revenue for *_, revenue in money) == Decimal("70.00")
