"""The semantic layer as Cube understands it: every metric can be asked, and gives the figures the pipeline publishes itself."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml

from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.publish.cubes import CUBES
from segmentation_pipeline.publish.semantic_layer import semantic_layer
from segmentation_pipeline.table_contracts import published as contracts
from segmentation_pipeline_tests.end_to_end.bi_clients import client, run
from segmentation_pipeline_tests.end_to_end.project import ROOT, published, query

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("cube_sql.js")


def compiled(model: Path, queries: list[dict]) -> dict:
    """What Cube makes of the model; the warning about its older planner stands before it."""
    modules = str(client("cube-1.7.43") / "node_modules")
    said = run(
        "node", str(PROGRAM), str(model), given=json.dumps(queries), NODE_PATH=modules, CUBEJS_TESSERACT_SQL_PLANNER="false"
    )
    return json.loads(said.splitlines()[-1])


@pytest.fixture(scope="module")
def model(sample_run: Path) -> Path:
    return sample_run / "data" / "published" / "semantic_layer.yml"


QUERIES = {
    "segments": {
        "measures": ["memberships.members", "customers.customers", "customers.net_revenue", "customers.net_revenue_365d"],
        "dimensions": ["segments.segmentation", "segments.segment"],
    },
    "values": {
        "measures": ["customers.average_lifetime_value"],
        "dimensions": ["memberships.segmentation", "memberships.segment"],
    },
    "sales": {
        "measures": ["customers.orders", "customers.net_revenue", "customers.average_order_value", "customers.repeat_rate"],
        "dimensions": ["memberships.segmentation", "memberships.segment"],
    },
    "profile": {"measures": ["customers.customers", "customers.orders_90d"], "dimensions": ["customers.lifecycle"]},
    "days": {
        "measures": [
            "segment_days.customers",
            "segment_days.retention_90d",
            "segment_days.repeat_rate",
            "segment_days.contactable_email",
        ],
        "dimensions": ["segment_days.segmentation", "segment_days.segment"],
        "timeDimensions": [{"dimension": "segment_days.as_of", "granularity": "day"}],
    },
    "mixed": {
        "measures": ["segment_days.customers", "segment_days.retention_90d", "segment_days.repeat_rate", "segment_days.entered"]
    },
    "one_segmentation": {
        "measures": [
            "segment_days.customers",
            "segment_days.net_revenue",
            "segment_days.retention_90d",
            "segment_days.repeat_rate",
        ],
        "filters": [{"member": "segment_days.segmentation", "operator": "equals", "values": ["lifecycle"]}],
    },
    "campaigns": {
        "measures": [
            f"campaigns.{name}" for name in ("incremental_revenue", "cost", "return_on_ad_spend", "return_on_investment")
        ],
        "dimensions": ["campaigns.campaign"],
    },
    "lifts": {"measures": ["campaigns.lift"], "dimensions": ["campaigns.campaign", "campaigns.arm", "campaigns.metric"]},
    "audiences": {"measures": ["audiences.contacted", "audiences.held_out"], "dimensions": ["audiences.campaign"]},
    "steps": {"measures": ["campaign_steps.remained"], "dimensions": ["campaign_steps.campaign", "campaign_steps.step"]},
    "shop": {"measures": ["shop_days.net_revenue"], "dimensions": ["shop_days.belongs_to"]},
    "cohorts": {
        "measures": ["cohorts.retention"],
        "timeDimensions": [{"dimension": "cohorts.cohort_month", "granularity": "month"}],
        "dimensions": ["cohorts.months_since"],
        "filters": [{"member": "cohorts.month_is_over", "operator": "equals", "values": ["true"]}],
    },
}


@pytest.fixture(scope="module")
def answers(sample_run: Path, model: Path) -> dict[str, set[tuple]]:
    """The rows Cube's query gives on the published file, by the name of the question."""
    every = {cube["name"]: cube for cube in yaml.safe_load(model.read_text(encoding="utf-8"))["cubes"]}
    whole = {
        f"{kind} of {name}": {kind: [f"{name}.{one['name']}" for one in cube[kind]], "limit": 3}
        for name, cube in every.items()
        for kind in ("measures", "dimensions")
    }
    asked = QUERIES | whole
    made = compiled(model, list(asked.values()))["made"]
    with duckdb.connect(str(published(sample_run)), read_only=True) as connection:
        return {
            name: comparable(connection.execute(sql, given).fetchall()) for name, (sql, given) in zip(asked, made, strict=True)
        }


def rows(sample_run: Path, sql: str) -> set[tuple]:
    found = comparable(query(sample_run, sql))
    assert found
    return found


def comparable(found: list[tuple]) -> set[tuple]:
    """Numbers alike, whether they came as decimals or as doubles."""
    return {tuple(float(value) if isinstance(value, Decimal) else value for value in row) for row in found}


def test_every_metric_and_every_dimension_can_be_asked(answers: dict[str, set[tuple]]) -> None:
    assert len(answers) > 25 and all(answers.values())


def test_sizes_and_values_of_segments_are_those_of_segment_profiles(answers: dict[str, set[tuple]], sample_run: Path) -> None:
    own = "SELECT segmentation, segment, customers, customers, monetary, monetary_365d FROM segment_profiles WHERE customers > 0"
    assert answers["segments"] >= rows(sample_run, own)
    assert answers["values"] >= rows(
        sample_run, "SELECT segmentation, segment, avg_clv FROM segment_profiles WHERE customers > 0"
    )


def test_sales_and_loyalty_of_segments_are_those_of_segment_kpis(answers: dict[str, set[tuple]], sample_run: Path) -> None:
    own = "SELECT segmentation, segment, orders, net_revenue, average_order_value, repeat_rate FROM segment_kpis WHERE customers > 0"
    assert answers["sales"] >= rows(sample_run, own)
    sums = "SELECT lifecycle, count(*), sum(frequency_90d) FROM customer_profile GROUP BY 1"
    assert answers["profile"] == rows(sample_run, sums)


def test_a_segment_on_a_day_has_its_own_figures(answers: dict[str, set[tuple]], sample_run: Path) -> None:
    own = """SELECT segmentation, segment, as_of::TIMESTAMP, customers, retention_90d, repeat_rate, round(consent_coverage_email * customers)
        FROM segment_kpis"""
    assert answers["days"] == rows(sample_run, own)


def test_what_may_not_be_added_up_is_empty_instead_of_wrong(answers: dict[str, set[tuple]], sample_run: Path) -> None:
    """Sixteen segmentations hold every customer sixteen times; of one of them the sums are right."""
    assert answers["mixed"] == {(None, None, None, None)}
    own = """SELECT sum(customers), sum(net_revenue), round(sum(retention_90d * active_before_90d) / sum(active_before_90d), 6), NULL
        FROM segment_kpis WHERE segmentation = 'lifecycle'"""
    assert answers["one_segmentation"] == rows(sample_run, own)


def test_what_campaigns_brought_and_cost_is_that_of_campaign_results(answers: dict[str, set[tuple]], sample_run: Path) -> None:
    of_all = "FROM campaign_results WHERE wave = 'all' AND segmentation = 'all' AND as_of = (SELECT max(as_of) FROM publication)"
    own = f"""SELECT campaign, incremental, cost, round(return_on_investment + 1, 6) {of_all} AND metric = 'revenue' AND lift IS NOT NULL"""
    told = {(name, brought, cost, spent) for name, brought, cost, spent, _ in answers["campaigns"] if brought is not None}
    assert told == rows(sample_run, own)
    assert answers["lifts"] >= rows(sample_run, f"SELECT campaign, arm, metric, lift {of_all} AND lift IS NOT NULL")


def test_lists_and_their_steps_are_those_of_the_funnel(answers: dict[str, set[tuple]], sample_run: Path) -> None:
    own = """SELECT campaign, sum(remained) FILTER (step = 'exported'), sum(left_out) FILTER (step = 'holdout')
        FROM campaign_funnel GROUP BY campaign"""
    assert answers["audiences"] == rows(sample_run, own)
    assert answers["steps"] == rows(sample_run, "SELECT campaign, step, remained FROM campaign_funnel")


def test_the_shop_and_its_cohorts_are_those_that_are_published(answers: dict[str, set[tuple]], sample_run: Path) -> None:
    assert answers["shop"] == rows(sample_run, "SELECT belongs_to, net_revenue FROM shop_totals")
    own = "SELECT cohort_month::TIMESTAMP, months_since, retention FROM cohort_retention WHERE month_is_over"
    assert {tuple(sorted(row, key=str)) for row in answers["cohorts"]} == {
        tuple(sorted(row, key=str)) for row in rows(sample_run, own)
    }


def test_cube_opens_the_file_as_the_page_on_bi_tools_shows(sample_run: Path, tmp_path: Path) -> None:
    [shown] = re.findall(r"```javascript\n(.*?)```", (ROOT / "docs" / "bi.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "cube.js").write_text(shown.replace("/srv/shop/segmentation.duckdb", str(published(sample_run))))
    asked = f"require('{tmp_path}/cube.js').driverFactory().query('SELECT count(*) AS n FROM customer_profile', [])"
    modules = str(client("cube-1.7.43") / "node_modules")
    told = run("node", "-e", f"{asked}.then((rows) => console.log(JSON.stringify(rows)))", NODE_PATH=modules)
    assert json.loads(told) == [{"n": "2000"}]


WRITTEN = {
    "customers": "Küche {und} Bad",
    "memberships": 'the "best" ones',
    "segments": "it's",
    "segment_days": "a \\ b",
    "shop_days": "${x} `y`",
    "cohorts": "{{ jinja }} {% if %}",
}


def test_whatever_a_project_writes_is_read_as_it_was_written(tmp_path: Path) -> None:
    texts = {cube.table: WRITTEN[cube.name] for cube in CUBES if cube.name in WRITTEN}
    tables = [replace(table, description=texts.get(table.table, "")) for table in contracts(load_config(ROOT / "config"))]
    model = tmp_path / "model.yml"
    model.write_text(semantic_layer(tables, "EUR"), encoding="utf-8")
    told = compiled(model, [])["descriptions"]
    assert [name for name, text in WRITTEN.items() if not told[name].startswith(text)] == [], "a note may follow"
