"""Region maps: what loads, and what a slip in one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.project.configuration import load_config

SOURCES = "sources:\n  orders: {files: orders.csv}\n  customers: {files: customers.csv}\n"


def load(folder: Path, maps: str, privacy: str = "attributes: [country, region, city]\n"):
    (folder / "sources.yaml").write_text(SOURCES)
    (folder / "pipeline.yaml").write_text(f"features:\n  region_maps:\n{maps}")
    (folder / "privacy.yaml").write_text(privacy)
    return load_config(folder)


def test_regions_keep_their_order_and_may_share_a_name(tmp_path: Path) -> None:
    maps = "    sales:\n      - {name: north, countries: [NO, SE]}\n      - {name: rest, cities: [Wien]}\n      - {name: north, regions: [Sylt]}\n"
    regions = load(tmp_path, maps).pipeline.features.region_maps["sales"]
    assert [(region.name, *region.countries, *region.regions, *region.cities) for region in regions] == [
        ("north", "NO", "SE"),
        ("rest", "Wien"),
        ("north", "Sylt"),
    ]


@pytest.mark.parametrize(
    ("maps", "line", "key_path", "found", "rest"),
    [
        (
            "    sales:\n      - {name: north, cities: [Oslo], country: [SE]}\n",
            4,
            "features.region_maps.sales[0].country",
            "the unknown key 'country'",
            "did you mean 'countries'?",
        ),
        (
            "    sales:\n      - {name: north}\n",
            4,
            "features.region_maps.sales[0]",
            "a region lists 'countries', 'regions' or 'cities', at least one of them",
            "",
        ),
        ("    sales: []\n", 3, "features.region_maps.sales", "a list", "a list of at least 1 items"),
        ("    Sales: [{name: a, cities: [x]}]\n", 3, "features.region_maps.Sales", "'Sales'", "a name of lower-case letters"),
        (
            "    country: [{name: a, cities: [x]}]\n",
            3,
            "features.region_maps.country",
            "'country', which is a column already",
            "",
        ),
        ("    clv: [{name: a, cities: [x]}]\n", 3, "features.region_maps.clv", "'clv', which is a column already", "'clv_map'"),
    ],
)
def test_a_slip_is_told_with_its_place(tmp_path: Path, maps: str, line: int, key_path: str, found: str, rest: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, maps)
    (problem,) = caught.value.problems
    assert (problem.line, problem.key_path, problem.found) == (line, key_path, found)
    assert rest in f"{problem.expected} {problem.suggestion}"


def test_a_map_may_not_look_at_what_privacy_keeps_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "    sales:\n      - {name: north, countries: [SE], cities: [Wien]}\n", "attributes: [country]\n")
    (problem,) = caught.value.problems
    assert problem.key_path == "features.region_maps.sales[0].cities"
    assert "privacy.yaml keeps the attribute 'city' out" in problem.found
    assert problem.suggestion == "add it to privacy.yaml, attributes: city"
