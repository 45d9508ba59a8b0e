"""The main job on the shipped sample: what a user gets from ``make run``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline.contracts.labels import FunnelStep
from segmentation_pipeline.demo.layout import CORE
from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.end_to_end.project import AS_OF, ROOT, all_rows, copy_project, published, query, segmentation

pytestmark = pytest.mark.slow

TABLES = {
    "customer_profile",
    "customer_segments",
    "customer_categories",
    "segment_history",
    "segment_transitions",
    "segment_profiles",
    "segment_kpis",
    "segment_movements",
    "unusual_changes",
    "cohort_retention",
    "revenue_concentration",
    "shop_totals",
    "product_associations",
    "customer_recommendations",
    "segment_catalog",
    "audience_overlap",
    "campaign_audiences",
    "campaign_decisions",
    "campaign_funnel",
    "campaign_results",
    "campaigns_over_time",
    "unmatched_opt_outs",
    "model_registry",
    "cluster_changes",
    "construct_reliability",
    "model_calibration",
    "send_affinity",
    "data_quality",
    "row_accounting",
    "data_dictionary",
    "publication",
}


def test_all_published_tables_exist_and_have_rows(sample_run: Path) -> None:
    counts = {name: len(rows) for name, rows in all_rows(sample_run).items()}
    assert set(counts) == TABLES
    empty = {name for name, rows in counts.items() if not rows}
    assert empty == {"segment_movements", "segment_transitions", "unusual_changes"}, "it takes days to go somewhere"


def test_every_published_column_is_in_the_dictionary_and_the_other_way_round(sample_run: Path) -> None:
    columns = set(
        query(sample_run, "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = current_database()")
    )
    described = set(query(sample_run, "SELECT table_name, column_name FROM data_dictionary WHERE length(description) > 3"))
    assert columns == described


def test_no_personal_value_of_the_sample_is_published(sample_run: Path) -> None:
    """Every e-mail, phone and street anywhere in a text cell, and every name as a cell of its own, of everybody."""
    warehouse = duckdb.connect(str(sample_run / "data" / "warehouse.duckdb"), read_only=True)
    columns = {
        name: {value for (value,) in warehouse.execute(f"SELECT DISTINCT lower({name}) FROM pii.customers").fetchall() if value}
        for name in ("email", "phone", "street", "first_name", "last_name")
    }
    warehouse.close()
    assert len(columns["email"]) > 1500 and len(columns["phone"]) > 500 and len(columns["street"]) > 500
    with duckdb.connect(str(published(sample_run)), read_only=True) as connection:
        texts = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE data_type = 'VARCHAR' AND database_name = current_database()"
        ).fetchall()
        cells = {
            cell
            for table, column in texts
            for (cell,) in connection.execute(f'SELECT DISTINCT lower("{column}") FROM "{table}"').fetchall()
            if cell
        }
    assert len(cells) > 2000
    assert cells & (columns["first_name"] | columns["last_name"]) == set()
    everything = "\n".join(sorted(cells))
    assert [value for name in ("email", "phone", "street") for value in columns[name] if value in everything] == []


def test_no_text_cell_looks_like_an_address(sample_run: Path) -> None:
    with duckdb.connect(str(published(sample_run)), read_only=True) as connection:
        texts = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE data_type = 'VARCHAR' AND database_name = current_database()"
        ).fetchall()
        for table, column in texts:
            hits = connection.execute(
                f"""SELECT count(*) FROM "{table}" WHERE regexp_matches("{column}", '[^ ]+@[^ ]+\\.[a-z]+|\\+[0-9]{{9,}}')"""
            ).fetchall()
            assert hits == [(0,)], (table, column)


def test_every_record_is_accounted_for(sample_run: Path) -> None:
    rows = query(sample_run, "SELECT source, read, clean, quarantined, superseded, later FROM row_accounting")
    assert {source for source, *_ in rows} == set(CORE)
    for source, read, *parts in rows:
        assert read == sum(parts), source
        assert read > 0, source


def test_every_injected_fault_ends_where_the_truth_says(sample_run: Path) -> None:
    faults = ROOT / "segmentation_pipeline_tests" / "truth" / "sample" / "faults.parquet"
    injected = {
        (source, effect): rows
        for source, effect, rows in duckdb.sql(f"SELECT source, effect, count(*) FROM '{faults}' GROUP BY ALL").fetchall()
    }
    for source, quarantined, superseded in query(sample_run, "SELECT source, quarantined, superseded FROM row_accounting"):
        assert quarantined == injected.get((source, "quarantined"), 0), source
        assert superseded == injected.get((source, "superseded"), 0), source


def test_the_funnel_adds_up_to_the_customer(sample_run: Path) -> None:
    customers = query(sample_run, "SELECT count(*) FROM customer_profile")[0][0]
    campaigns = query(sample_run, "SELECT DISTINCT campaign FROM campaign_funnel ORDER BY 1")
    assert len(campaigns) == 6
    for (campaign,) in campaigns:
        steps = query(
            sample_run,
            f"""SELECT step, entered, left_out, remained FROM campaign_funnel
                                      WHERE campaign = '{campaign}' ORDER BY step_number""",
        )
        assert [step for step, *_ in steps] == [step.value for step in FunnelStep]
        assert steps[0][1] == customers
        for (_, entered, left_out, remained), following in zip(steps, [*steps[1:], None], strict=True):
            assert entered - left_out == remained
            assert following is None or following[1] == remained
        chosen = dict(query(sample_run, f"SELECT arm, count(*) FROM campaign_audiences WHERE campaign = '{campaign}' GROUP BY 1"))
        by_step = {step: (left_out, remained) for step, _, left_out, remained in steps}
        assert chosen.get("holdout", 0) == by_step["holdout"][0]
        assert chosen.get("treatment", 0) == by_step["exported"][1]
        manifest = json.loads((sample_run / "data" / "audiences" / AS_OF / campaign / "manifest.json").read_text())
        assert manifest["arms"]["treatment"] == chosen.get("treatment", 0)


def test_lists_of_today_are_too_young_to_say_anything_of(sample_run: Path) -> None:
    rows = query(
        sample_run,
        """SELECT campaign, verdict FROM campaign_results
        WHERE wave = 'all' AND segmentation = 'all' AND metric = 'conversion' AND source = 'lists' ORDER BY 1""",
    )
    today = query(sample_run, "SELECT DISTINCT campaign FROM campaign_audiences ORDER BY 1")
    assert [row[:1] for row in rows] == today and len(today) == 6
    assert {verdict for _, verdict in rows} == {"too early"}


def test_the_lift_of_past_mailings_is_the_planted_one(sample_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What each of the five mailings caused is known: every interval holds it, and people were divided as planned."""
    rows = query(
        sample_run,
        f"""WITH planted AS (SELECT lower(campaign) AS campaign, sum(uplift * customers) / sum(customers) AS uplift
            FROM '{ROOT}/segmentation_pipeline_tests/truth/sample/uplift.parquet' GROUP BY 1)
        SELECT campaign, uplift, lift, fixed_low, fixed_high, anytime_low, anytime_high, cost > 0, sample_ratio_holds, status
        FROM campaign_results JOIN planted USING (campaign)
        WHERE wave = 'all' AND segmentation = 'all' AND metric = 'conversion' AND source = 'contact_log' ORDER BY 1""",
    )
    assert len(rows) == 5
    with capsys.disabled():
        for campaign, planted, lift, low, high, *_ in rows:
            print(f"\n{campaign}: planted {planted:.2%}, estimated {lift:.2%} ({low:.2%} to {high:.2%})", end="")  # noqa: T201
    assert {row[-3:] for row in rows} == {(True, True, "measured")}, "what each cost is known"
    assert all(low <= planted <= high for _, planted, _, _, _, low, high, *_ in rows)
    assert sum(low <= planted <= high for _, planted, _, low, high, *_ in rows) >= 4


def test_a_campaign_of_the_day_is_large_enough_to_show_an_effect(sample_run: Path) -> None:
    rules = dict(query(sample_run, "SELECT rule, passed FROM data_quality WHERE rule LIKE '%_can_be_measured'"))
    assert {rule.removesuffix("_can_be_measured") for rule, passed in rules.items() if passed} == {"summer_preview", "win_back"}


def test_audience_files_are_what_the_manifest_says_and_private(sample_run: Path) -> None:
    for manifest_path in (sample_run / "data" / "audiences" / AS_OF).glob("*/manifest.json"):
        manifest = json.loads(manifest_path.read_text())
        audience = manifest_path.with_name("audience.csv")
        assert hashlib.sha256(audience.read_bytes()).hexdigest() == manifest["content_sha256"]
        assert len(audience.read_text().splitlines()) == manifest["arms"]["treatment"] + 1
        assert audience.stat().st_mode & 0o077 == 0


def test_exclusive_segmentations_put_a_customer_in_one_segment_and_the_profile_agrees(sample_run: Path) -> None:
    twice = query(sample_run, "SELECT customer_id, segmentation FROM customer_segments GROUP BY ALL HAVING count(*) > 1")
    assert twice == []
    differ = query(
        sample_run,
        """SELECT count(*) FROM customer_profile p JOIN customer_segments s USING (customer_id)
                                  WHERE s.segmentation = 'lifecycle' AND p.lifecycle <> s.segment""",
    )
    assert differ == [(0,)]


def test_scores_are_finite_and_never_negative(sample_run: Path) -> None:
    bad = query(
        sample_run,
        """SELECT count(*) FROM customer_profile WHERE frequency > 0 AND NOT (
        p_alive BETWEEN 0 AND 1 AND expected_orders >= 0 AND isfinite(expected_orders) AND expected_order_value >= 0 AND clv >= 0)""",
    )
    assert bad == [(0,)]


def test_no_blocking_rule_failed(sample_run: Path) -> None:
    assert query(sample_run, "SELECT table_name, rule FROM data_quality WHERE NOT passed AND severity = 'error'") == []


def test_every_segmentation_has_its_guards_with_figures(sample_run: Path) -> None:
    guards = query(sample_run, "SELECT rule, observed, message FROM data_quality WHERE expectation LIKE 'guard_%'")
    assert len(guards) == 8 * query(sample_run, "SELECT count(DISTINCT segmentation) FROM segment_catalog")[0][0]
    assert all(observed and message for _, observed, message in guards)
    told = {rule: (observed, message) for rule, observed, message in guards}
    assert "adjusted_mutual_information 0." in told["lifecycle_near_duplicate"][0]
    assert all("not yet known" in told[f"lifecycle_{guard}"][1] for guard in ("later_outcome", "size_jump")), "the first day"


def test_a_customer_is_explained_with_what_would_move_them(sample_run: Path) -> None:
    [(customer,)] = query(
        sample_run, "SELECT min(customer_id) FROM customer_profile WHERE lifecycle = 'at_risk' AND value_tier = 'bronze'"
    )
    told = segmentation(sample_run, "explain", customer)
    assert told.returncode == 0, told.stderr
    assert "to dormant: recency_days from" in told.stdout
    assert "from the border to" in told.stdout
    assert "to platinum: clv from" in told.stdout


def test_a_second_clone_makes_the_same_and_running_it_again_changes_nothing(sample_run: Path, tmp_path: Path) -> None:
    other = copy_project(tmp_path / "second")
    first = segmentation(other, "run")
    assert first.returncode == 0
    made = all_rows(other)
    assert made == all_rows(sample_run)
    assert Settings(other).report.read_bytes() == Settings(sample_run).report.read_bytes()
    ours, theirs = (sorted((p / "data" / "audiences").rglob("*.csv")) for p in (sample_run, other))
    assert [p.read_bytes() for p in ours] == [p.read_bytes() for p in theirs]

    inode = published(other).stat().st_ino
    again = segmentation(other, "run")
    assert again.returncode == 0
    assert all_rows(other) == made
    assert published(other).stat().st_ino == inode, "an unchanged publication is not written again"
    tables = [run.stdout[run.stdout.index("source") : run.stdout.index("Done")] for run in (first, again)]
    assert tables[0] == tables[1]
