from segmentation_pipeline.segmentations.assign import all_segments, assign
from segmentation_pipeline.segmentations.definitions import define, definitions_table
from segmentation_pipeline.segmentations.membership import memberships
from segmentation_pipeline_tests.segmentations.conftest import bind
from segmentation_pipeline_tests.segmentations.test_assign import TIERS, configured


def test_a_row_per_customer_and_segment_with_score_and_reason(engine, scored):
    segmentations = configured(
        tier={"kind": "quantiles", "column": "clv", "segments": TIERS},
        tags={
            "kind": "rules",
            "exclusive": False,
            "segments": [{"name": "big", "when": "monetary >= 100"}, {"name": "bargain", "when": "discount_share > 0"}],
        },
    )
    found = assign(engine, scored, segmentations, bind)
    words = define(engine, all_segments(found.profile, segmentations, bind), segmentations, found.cut_points, {}, {})
    rows = engine.rows(
        memberships(all_segments(found.profile, segmentations, bind), segmentations, definitions_table(engine, words))
    )
    assert sorted(tuple(row.values()) for row in rows if row["customer_id"] in ("bert", "dirk", "emma")) == [
        ("bert", "tags", "bargain", None, "discount_share > 0"),
        ("bert", "tags", "big", None, "monetary >= 100"),
        ("bert", "tier", "middle", 200.0, "clv >= 200.00 and clv < 1000.00"),
        ("dirk", "tags", "bargain", None, "discount_share > 0"),
        ("dirk", "tier", "rest", 50.0, "clv < 200.00"),
    ]


def test_a_segment_without_a_definition_keeps_its_members(engine, scored):
    segmentations = configured(rfm={"kind": "rfm"})
    found = assign(engine, scored, segmentations, bind)
    rows = engine.rows(
        memberships(all_segments(found.profile, segmentations, bind), segmentations, definitions_table(engine, []))
    )
    assert sorted(row["customer_id"] for row in rows) == ["anna", "bert", "cora", "dirk"]
