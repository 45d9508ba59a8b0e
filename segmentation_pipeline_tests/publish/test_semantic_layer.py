"""The text of the semantic layer: what is in it follows from contracts; the columns of a project's own and its currency are there."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
import yaml

from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.publish.semantic_layer import semantic_layer
from segmentation_pipeline.table_contracts import published
from segmentation_pipeline_tests.end_to_end.project import ROOT, orders_alone

NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
"""Of a cube and its members (https://cube.dev/docs/product/data-modeling/syntax#naming)."""


def layer(config: Path) -> dict[str, dict]:
    """The cubes of the file by their names."""
    loaded = load_config(config)
    text = semantic_layer(published(loaded), loaded.pipeline.business.currency)
    assert text == semantic_layer(published(loaded), loaded.pipeline.business.currency)
    return {cube["name"]: cube for cube in yaml.safe_load(text)["cubes"]}


def members(cube: dict) -> list[dict]:
    return [*cube["dimensions"], *cube["measures"]]


@pytest.mark.parametrize("config", ["config", "examples/every_source/config", "examples/complete_journey/config"])
def test_every_name_is_one_of_cube_and_unique_and_every_member_is_described(config: str) -> None:
    for cube in layer(ROOT / config).values():
        names = [member["name"] for member in members(cube)]
        assert len(set(names)) == len(names), cube["name"]
        assert all(NAME.fullmatch(name) for name in [cube["name"], *names])
        assert all(len(member["description"]) > 3 for member in members(cube))


def test_no_personal_column_is_in_it() -> None:
    personal = {name for source in SOURCES.values() for name in source.pii_columns}
    named = {member["name"] for cube in layer(ROOT / "examples/every_source/config").values() for member in members(cube)}
    assert len(personal) > 5 and personal & named == set()


def test_segmentations_of_the_project_are_dimensions_of_customers() -> None:
    customers = layer(ROOT / "config")["customers"]
    dimensions = {one["name"]: one for one in customers["dimensions"]}
    assert {"rfm", "lifecycle", "value_x_lifecycle"} <= dimensions.keys()
    assert [name for name, one in dimensions.items() if one.get("primary_key")] == ["customer_id"]


def test_a_dimension_named_like_a_metric_has_another_name(tmp_path: Path) -> None:
    """A segmentation may have any name, such as that of a metric."""
    project = orders_alone(tmp_path, "order_id,customer_id,ordered_at,amount\n1,c1,2026-01-01,10\n")
    file = project / "config" / "segmentations.yaml"
    file.write_text(file.read_text().replace("lifecycle:", "buyers:"))
    customers = layer(project / "config")["customers"]
    assert {"buyers_value"} <= {one["name"] for one in customers["dimensions"]}
    assert "buyers" in {one["name"] for one in customers["measures"]}


def test_amounts_are_in_the_currency_of_the_project(tmp_path: Path) -> None:
    project = orders_alone(tmp_path, "order_id,customer_id,ordered_at,amount\n1,c1,2026-01-01,10\n")
    (project / "config" / "pipeline.yaml").write_text("business: {timezone: Europe/London, currency: GBP}\n")
    [revenue] = [one for one in layer(project / "config")["customers"]["measures"] if one["name"] == "net_revenue"]
    assert (revenue["format"], revenue["meta"]) == ("currency", {"unit": "GBP"})


@pytest.mark.parametrize(("segmentation", "added_up"), [("apart", 5), ("overlapping", None), ("gone", None)])
def test_segments_a_customer_may_be_in_twice_are_not_added_up(segmentation: str, added_up: int | None) -> None:
    cube = layer(ROOT / "config")["segment_days"]
    [customers] = [one["sql"].replace("{CUBE}", "cube") for one in cube["measures"] if one["name"] == "customers"]
    with duckdb.connect() as connection:
        connection.execute("""
            CREATE TABLE segment_kpis AS SELECT DATE '2026-06-30' AS as_of, segmentation, segment, customers
            FROM (VALUES ('apart', 'a', 2), ('apart', 'b', 3), ('overlapping', 'a', 2), ('overlapping', 'b', 3), ('gone', 'a', 2),
                         ('gone', 'b', 3)) kpis (segmentation, segment, customers);
            CREATE TABLE segment_catalog AS FROM (VALUES ('apart', 'a', TRUE), ('apart', 'b', TRUE), ('overlapping', 'a', FALSE))
            catalog (segmentation, segment, exclusive)""")
        asked = f"SELECT {customers} FROM ({cube['sql']}) cube WHERE segmentation = '{segmentation}'"
        assert connection.execute(asked).fetchone() == (added_up,)
        assert connection.execute(f"{asked} AND segment = 'b'").fetchone() == (3,)
