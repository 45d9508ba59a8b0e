"""The segmentations by stores, channels and places of the example with every source, on customers made up by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.rules.parse import parse_rule
from segmentation_pipeline.segmentations.assign import assign
from segmentation_pipeline_tests.segmentations.conftest import AS_OF

CONFIG = load_config(Path(__file__).parents[2] / "examples" / "every_source" / "config")
COLUMNS = feature_columns(CONFIG)

ORDERS = ("store_orders_365d", "online_orders_365d", "store_orders_previous_365d", "online_orders_previous_365d")
CHANNELS = [
    # store and online orders of this year, of the year before
    ((0, 1, 0, 0), "online_only"),
    ((3, 0, 4, 0), "store_only"),
    ((1, 9, 1, 9), "omnichannel"),
    ((1, 4, 4, 1), "migrating_online"),
    ((0, 5, 3, 2), "migrating_online"),  # not merely online now
    ((5, 0, 0, 5), "migrating_to_store"),
    ((0, 4, 5, 0), "online_only"),  # too few orders this year to tell
    ((3, 2, 1, 4), "omnichannel"),  # two in five have changed sides
    ((0, 0, 9, 9), None),  # no order in a year
]


def segments(engine: DuckDBEngine, name: str, rows: list[dict[str, object]]) -> list[object]:
    """The segment of each row; columns are those of the real catalogue."""
    columns = {column: [row[column] for row in rows] for column in rows[0]}
    table = engine.memtable(
        {"customer_id": [str(n) for n in range(len(rows))], **columns},
        {"customer_id": "string", **{column: COLUMNS[column].type.ibis for column in columns}},
    )
    chosen = {name: CONFIG.segmentations[name]}
    profile = assign(engine, table, chosen, lambda text, of: parse_rule(text, COLUMNS).bind(of, AS_OF)).profile
    found = {int(str(row["customer_id"])): row[name] for row in engine.rows(profile)}
    return [found[n] for n in range(len(rows))]


def test_shopping_channel(engine: DuckDBEngine) -> None:
    rows = []
    for counts, _ in CHANNELS:
        in_store, online, before_in_store, before_online = counts
        shares = {
            "store_share_365d": in_store / (in_store + online) if in_store + online else None,
            "store_share_previous_365d": before_in_store / (before_in_store + before_online)
            if before_in_store + before_online
            else None,
        }
        rows.append(dict(zip(ORDERS, counts, strict=True)) | shares)
    assert segments(engine, "shopping_channel", rows) == [segment for _, segment in CHANNELS]


OTHERS = {
    "research_online_buy_offline": (
        ("researched_online_365d", "store_orders_365d"),
        [
            ((2, 3), "researcher"),
            ((1, 1), "sometimes"),  # once is no habit
            ((2, 4), "sometimes"),  # half is not more than half
            ((0, 5), "decides_in_store"),
            ((0, 0), None),
        ],
    ),
    "store_visitor": (
        ("store_visits_90d", "last_store_visit_date"),
        [((7, AS_OF), "frequent"), ((6, AS_OF), "occasional"), ((0, AS_OF), "away"), ((0, None), "never_seen")],
    ),
    "distance_to_store": (
        ("store_distance_band",),
        [(("under_5_km",), "under_5_km"), (("over_50_km",), "over_50_km"), ((None,), None)],
    ),
    "urban_rural": (("urbanity",), [(("rural",), "rural"), (("city",), "city"), ((None,), None)]),
    "sales_region_segment": (("sales_region",), [(("north",), "north"), ((None,), None)]),
    "climate_zone_segment": (("climate_zone",), [(("oceanic",), "oceanic"), ((None,), None)]),
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_other_segmentations(engine: DuckDBEngine, name: str) -> None:
    columns, cases = OTHERS[name]
    rows = [dict(zip(columns, values, strict=True)) for values, _ in cases]
    assert segments(engine, name, rows) == [segment for _, segment in cases]
