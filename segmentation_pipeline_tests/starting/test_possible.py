"""What ``init`` says a project's files make possible is what the catalogue of features says."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.config.schema import ColumnMapping, Config, PipelineConfig, PrivacyConfig, SourceConfig
from segmentation_pipeline.config.yaml_file import read_yaml
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.project.configuration import SEGMENTATIONS, load_config
from segmentation_pipeline.starting.possible import _LIBRARY, additions, possible, starting_segmentations

EXAMPLE = Path(__file__).parents[2] / "examples" / "every_source" / "config" / SEGMENTATIONS
NEEDED = {"order_id": "No", "customer_id": "Who", "ordered_at": "When", "amount": "Sum"}


def project(**more: SourceConfig) -> Config:
    columns = {name: ColumnMapping.model_validate({"from": origin}) for name, origin in NEEDED.items()}
    sources = {"orders": SourceConfig(files="orders.csv", columns=columns), **more}
    return Config(sources=sources, pipeline=PipelineConfig(), privacy=PrivacyConfig(), segmentations={}, campaigns={})


def test_the_segmentations_to_begin_with_are_those_of_the_example_that_a_run_judges() -> None:
    example, library = read_yaml(EXAMPLE).data, read_yaml(_LIBRARY).data
    assert isinstance(example, dict) and isinstance(library, dict)
    for name, entry in library["segmentations"].items():
        assert entry == example["segmentations"][name], f"{name}: the two files must say the same"


def test_orders_alone_feed_what_needs_orders_alone() -> None:
    now = possible(project())
    assert {"rfm", "lifecycle", "value_tier", "buying_pace", "value_x_lifecycle"} <= now.segmentations.keys()
    assert not {"price_sensitivity", "web_engagement", "country_segment"} & now.segmentations.keys()
    assert now.families == ("purchase", "rhythm", "windows", "purchase_time")


def test_what_a_further_source_or_column_adds_is_what_is_there_with_it() -> None:
    found = {one.what: one for one in additions(project())}
    assert found["orders.discount_amount"].segmentations == ("Price sensitivity",)
    assert set(found["web_sessions"].segmentations) == {"Web engagement", "Shopping intent"}
    with_visits = possible(project(web_sessions=SourceConfig(files="visits.csv")))
    assert set(with_visits.segmentations) - set(possible(project()).segmentations) == {"web_engagement", "shopping_intent"}
    assert "returns" not in {
        one.what
        for one in additions(
            project(
                orders=SourceConfig(
                    files="orders.csv",
                    columns={
                        name: ColumnMapping.model_validate({"from": origin})
                        for name, origin in {**NEEDED, "returned_amount": "Back"}.items()
                    },
                )
            )
        )
    }, "refunds told by the orders and by returns would count twice"


@pytest.mark.parametrize("sources", [("orders",), ("orders", "order_items", "products", "returns"), tuple(SOURCES)])
def test_the_file_to_begin_with_loads(tmp_path: Path, sources: tuple[str, ...]) -> None:
    names = [name for name in sources if name != "merge_decisions"]
    (tmp_path / "sources.yaml").write_text("sources:\n" + "".join(f"  {name}: {{files: {name}.csv}}\n" for name in names))
    config = load_config(tmp_path)
    (tmp_path / SEGMENTATIONS).write_text(starting_segmentations(config), encoding="utf-8")
    assert load_config(tmp_path).segmentations.keys() == possible(config).segmentations.keys()
