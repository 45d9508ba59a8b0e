"""The asset graph as a reviewed list: a change of lineage shows up here."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from segmentation_pipeline.definitions import JOB, SEGMENTS_JOB, build_definitions
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.end_to_end.project import ROOT

GROUPS = {
    "raw": {
        "pii/customers_raw",
        "raw/products",
        "raw/orders",
        "raw/order_items",
        "raw/returns",
        "pii/consents_raw",
        "pii/suppressions_raw",
        "raw/campaign_contacts",
        "raw/email_events",
        "raw/loyalty",
        "raw/marketing_costs",
        "raw/surveys",
        "raw/web_sessions",
    },
    "clean": {
        "clean/customers",
        "pii/customers",
        "clean/products",
        "clean/orders",
        "clean/order_items",
        "clean/returns",
        "clean/consents",
        "pii/consents",
        "clean/suppressions",
        "pii/suppressions",
        "clean/campaign_contacts",
        "clean/email_events",
        "clean/loyalty",
        "clean/marketing_costs",
        "clean/surveys",
        "clean/web_sessions",
    },
    "privacy": {"privacy/excluded_customers"},
    "features": {
        "features/dirty_customers",
        "features/order_facts",
        "features/customer_categories",
        "features/customer_brands",
        "features/customer_baskets",
        "features/customer_state",
        "features/customer_features",
        "features/calendar",
        "features/holiday_regions",
    },
    "models": {
        "models/model_registry",
        "models/cluster_changes",
        "models/model_calibration",
        "models/customer_scores",
        "models/rfm_scores",
        "models/clv_scores",
        "models/cluster_scores",
        "models/next_product_scores",
        "models/affinity_scores",
        "models/send_affinity",
        "models/unusual_change_scores",
        "models/construct_reliability",
        "models/survey_classes",
    },
    "recommendations": {"recommendations/product_associations", "recommendations/customer_recommendations"},
    "segments": {
        "segments/customer_profile",
        "segments/customer_segments",
        "segments/segment_history",
        "segments/segment_transitions",
        "segments/segment_profiles",
        "segments/segment_catalog",
    },
    "campaigns": {
        "campaigns/campaign_selections",
        "campaigns/unmatched_opt_outs",
        "campaigns/campaign_audiences",
        "campaigns/campaign_funnel",
        "campaigns/campaign_decisions",
        "campaigns/audience_overlap",
        "campaigns/audience_files",
    },
    "quality": {"quality/row_accounting", "quality/data_quality", "quality/shop_totals"},
    "measurement": {
        "measurement/campaign_assignments",
        "measurement/campaign_results",
        "measurement/campaign_starts",
        "measurement/campaigns_over_time",
        "measurement/cohort_retention",
        "measurement/revenue_concentration",
        "measurement/segment_kpis",
        "measurement/segment_movements",
        "measurement/unusual_changes",
    },
    "published": {"published/segmentation", "published/report"},
}


OF_PEOPLE = {dg.AssetKey(["pii", name]) for name in ("consents", "suppressions")}
"""What people look at and no step reads: the gate goes by every row of a ledger, those that are not clean among them."""


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    settings = Settings(ROOT)
    return build_definitions(settings, load_config(settings.config))


def test_groups_and_their_assets(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    found: dict[str, set[str]] = {}
    for key in graph.get_all_asset_keys():
        found.setdefault(graph.get(key).group_name, set()).add(key.to_user_string())
    assert found == GROUPS


def test_every_asset_is_described_owned_and_reaches_the_report(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    report = dg.AssetKey(["published", "report"])
    assert graph.get(report).parent_keys == {dg.AssetKey(["published", "segmentation"])}
    upstream = {report}
    frontier = [report]
    while frontier:
        for parent in graph.get(frontier.pop()).parent_keys - upstream:
            upstream.add(parent)
            frontier.append(parent)
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description and node.owners and node.kinds, key
        assert key in upstream | OF_PEOPLE, f"{key} leads nowhere"


def test_contracts_block_and_warnings_do_not(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    blocking = {(k.asset_key.to_user_string(), k.name): graph.get_check_spec(k).blocking for k in graph.asset_check_keys}
    assert blocking["clean/orders", "contract"]
    assert blocking["clean/orders", "rows_add_up"]
    assert blocking["clean/orders", "quarantined_share_in_limit"]
    assert not blocking["clean/orders", "daily_volume_in_limits"]
    assert not blocking["segments/customer_segments", "guards"]


def test_columns_are_documented(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    metadata = graph.get(dg.AssetKey(["features", "customer_features"])).metadata
    columns = {column.name: column for column in metadata["dagster/column_schema"].columns}
    assert "days" in columns["recency_days"].description


def test_the_schedule_asks_for_the_day_before(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("daily_schedule")
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 3, 2, 4, 30, tzinfo=UTC), repository_def=definitions.get_repository_def()
    )
    [request] = schedule.evaluate_tick(context).run_requests or []
    assert request.partition_key == "2026-03-01"
    assert schedule.job_name == JOB


def test_a_second_job_makes_segments_and_campaigns_alone(definitions: dg.Definitions) -> None:
    made = definitions.resolve_job_def(SEGMENTS_JOB).asset_layer.selected_asset_keys
    assert {key.to_user_string() for key in made} == GROUPS["segments"] | GROUPS["campaigns"]


def test_the_profile_is_checked(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert dg.AssetCheckKey(dg.AssetKey(["segments", "customer_profile"]), "contract") in graph.asset_check_keys


def test_definitions_load(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_what_is_fetched_comes_before_all_files_and_what_is_delivered_after_the_publication(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sources.yaml").write_text(
        "sources:\n  orders: {database: {url_env: URL, table: orders}}\n  products: {files: 's3://shop/*.csv'}\n"
        "  customers: {files: customers.csv}\n"
    )
    (tmp_path / "config" / "pipeline.yaml").write_text(
        "destinations: {postgres: {url_env: URL, schema: bi}, object_store: {url: 's3://shop/out'}, "
        "webhook: {url_env: URL, secret_env: KEY}}\n"
    )
    settings = Settings(tmp_path)
    graph = build_definitions(settings, load_config(settings.config)).resolve_asset_graph()
    landed = {dg.AssetKey(["landing", name]) for name in ("orders", "products")}
    assert landed <= graph.get_all_asset_keys()
    for raw in (["raw", "orders"], ["raw", "products"], ["pii", "customers_raw"]):
        assert graph.get(dg.AssetKey(raw)).parent_keys == landed, "one hash over all files tells what changed"
    for kind in ("postgres", "object_store"):
        assert graph.get(dg.AssetKey(["destinations", kind])).parent_keys == {dg.AssetKey(["published", "segmentation"])}
    others = {dg.AssetKey(["destinations", kind]) for kind in ("postgres", "object_store")}
    assert graph.get(dg.AssetKey(["destinations", "webhook"])).parent_keys >= others, "it tells that they were brought"


def test_what_surveys_measure_is_in_the_graph_where_constructs_are_configured(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sources.yaml").write_text("sources:\n  orders: {files: o.csv}\n  surveys: {files: s.csv}\n")
    (tmp_path / "config" / "pipeline.yaml").write_text(
        "features: {constructs: {trust: {kind: attitude, items: [t_1, t_2]}}}\n"
        "models: {survey_classes: {trusting: {constructs: [trust]}}}\n"
    )
    settings = Settings(tmp_path)
    graph = build_definitions(settings, load_config(settings.config)).resolve_asset_graph()
    reliability, classes = dg.AssetKey(["models", "construct_reliability"]), dg.AssetKey(["models", "survey_classes"])
    checks = {(key.asset_key, key.name): graph.get_check_spec(key).blocking for key in graph.asset_check_keys}
    assert checks[reliability, "reliability"] is False and checks[classes, "contract"] is True
    assert reliability in graph.get(dg.AssetKey(["published", "segmentation"])).parent_keys
    assert classes in graph.get(dg.AssetKey(["segments", "customer_profile"])).parent_keys


def test_the_calendar_of_occasions_stands_beside_the_customers(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sources.yaml").write_text("sources:\n  orders: {files: o.csv}\n  customers: {files: c.csv}\n")
    (tmp_path / "config" / "pipeline.yaml").write_text(
        "features: {public_holidays: true, occasions: {winter: {kind: months, months: [1]}}}\n"
    )
    settings = Settings(tmp_path)
    graph = build_definitions(settings, load_config(settings.config)).resolve_asset_graph()
    calendar, regions = dg.AssetKey(["features", "calendar"]), dg.AssetKey(["features", "holiday_regions"])
    assert graph.get(calendar).parent_keys == {dg.AssetKey(["clean", "orders"]), dg.AssetKey(["clean", "customers"])}
    assert {calendar, regions} <= graph.get(dg.AssetKey(["features", "customer_state"])).parent_keys


def test_with_identities_who_is_who_is_known_before_features_and_all_of_it_is_published(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sources.yaml").write_text(
        "sources:\n  orders: {files: orders.csv}\n  customers: {files: customers.csv}\n  identities: {files: identities.csv}\n"
    )
    settings = Settings(tmp_path)
    graph = build_definitions(settings, load_config(settings.config)).resolve_asset_graph()
    identity = dg.AssetKey(["identity", "customer_identity"])
    assert graph.get(dg.AssetKey(["pii", "identifiers"])).child_keys >= {identity}
    assert identity in graph.get(dg.AssetKey(["features", "dirty_customers"])).parent_keys
    published = graph.get(dg.AssetKey(["published", "segmentation"])).parent_keys
    assert {dg.AssetKey(["identity", name]) for name in ("customer_merges", "blocked_merges", "identity_health")} <= published
