"""A project is checked against its files: a rule on a column that no file feeds is refused before anything runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.project.load import load_project
from segmentation_pipeline.settings import Settings

ORDERS = "order_id,customer_id,ordered_at,amount,Channel\n1,a,2026-01-01,5,web\n"
PEOPLE = ("customer_id", "Citty", "country")
CAMPAIGN = 'campaigns:\n  c: {{title: C, channel: email, audience: "{}", rank_by: {}}}\n'


@pytest.fixture
def project(tmp_path: Path) -> Settings:
    (tmp_path / "config").mkdir()
    write(tmp_path, "sources", "sources: {orders: {files: o.csv}, customers: {files: 'c*.*'}}\n")
    write(tmp_path, "privacy", "attributes: [city, country]\nsalt: test-of-columns\n")
    (tmp_path / "o.csv").write_text(ORDERS)
    (tmp_path / "c.csv").write_text(",".join(PEOPLE) + "\na,Bonn,DE\n")
    return Settings(tmp_path)


def write(root: Path, name: str, text: str) -> None:
    (root / "config" / f"{name}.yaml").write_text(text)


def refused(project: Settings) -> str:
    with pytest.raises(ConfigError) as error:
        load_project(project)
    return str(error.value)


@pytest.mark.parametrize(
    ("rule", "needed"),
    [
        ("city = 'Bonn'", "customers.city"),
        ("count(orders, 90, channel = 'web') > 1", "orders.channel"),
        ("total(orders.discount_amount, 365) > 1", "orders.discount_amount"),
    ],
)
def test_a_rule_on_what_no_file_has_is_refused_with_the_nearest_column(project, rule, needed):
    write(project.root, "campaigns", CAMPAIGN.format(rule, "monetary"))
    said = refused(project)
    assert "campaigns.c.audience" in said
    assert f"it needs {needed}, which no file of the source has" in said
    assert {"customers.city": "did you mean 'Citty'?", "orders.channel": "did you mean 'Channel'?"}.get(needed, "it has") in said


def test_so_are_a_ranking_a_segmentation_and_features_of_a_model(project):
    write(project.root, "campaigns", CAMPAIGN.format("frequency > 0", "discount_share"))
    write(project.root, "segmentations", "segmentations: {town: {kind: attribute, title: T, column: city}}\n")
    write(project.root, "pipeline", "models: {clusters: {features: [frequency, discount_share]}}\n")
    said = refused(project)
    assert all(place in said for place in ("campaigns.c.rank_by", "segmentations.town.column", "models.clusters.features"))


def test_one_file_of_several_that_has_the_column_is_enough_of_any_format(project):
    write(project.root, "campaigns", CAMPAIGN.format("city = 'Bonn'", "monetary"))
    (project.root / "c2.jsonl").write_text(json.dumps({"customer_id": "b", "city": "Bonn"}) + "\n")
    assert load_project(project).campaigns


def test_files_that_are_not_there_or_cannot_be_read_are_for_the_run_to_tell(project):
    write(project.root, "campaigns", CAMPAIGN.format("city = 'Bonn'", "monetary"))
    (project.root / "c.csv").write_text("")
    assert load_project(project).campaigns
    (project.root / "c.csv").unlink()
    assert load_project(project).campaigns


def test_what_is_fetched_is_checked_once_it_has_landed(project, tmp_path):
    write(project.root, "sources", "sources: {orders: {files: o.csv}, customers: {files: 's3://shop/customers/*.csv'}}\n")
    write(project.root, "campaigns", CAMPAIGN.format("city = 'Bonn'", "monetary"))
    assert load_project(project).campaigns
    landed = project.landing / "customers" / "objects"
    landed.mkdir(parents=True)
    (landed / "c.csv").write_text(",".join(PEOPLE) + "\n")
    assert "customers.city, which no file of the source has" in refused(project)
