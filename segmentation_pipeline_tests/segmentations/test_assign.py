from decimal import Decimal

import pytest

from segmentation_pipeline.segmentations.assign import MissingColumn, all_segments, assign, exclusive_names
from segmentation_pipeline.segmentations.kinds import SegmentationsConfig
from segmentation_pipeline_tests.segmentations.conftest import bind


def configured(**segmentations):
    titled = {name: {"title": name} | options for name, options in segmentations.items()}
    return SegmentationsConfig(segmentations=titled).segmentations


TIERS = [{"name": "top", "top": 0.25}, {"name": "middle", "top": 0.5}, {"name": "rest", "top": 1.0}]


def test_one_row_per_customer_with_all_segmentations_at_once(engine, scored):
    segmentations = configured(
        rfm={"kind": "rfm"},
        home={"kind": "attribute", "column": "country", "min_size": 2},
        tier={"kind": "quantiles", "column": "clv", "segments": TIERS},
        tags={"kind": "rules", "exclusive": False, "segments": [{"name": "big", "when": "monetary >= 100"}]},
    )
    assignment = assign(engine, scored, segmentations, bind)
    assert engine.count(assignment.profile) == 5
    assert all_segments(assignment.profile, segmentations, bind).columns == (
        "customer_id",
        "rfm",
        "rfm__score",
        "home",
        "home__score",
        "tier",
        "tier__score",
        "tags",
        "tags__score",
    )
    assert exclusive_names(segmentations) == ["rfm", "home", "tier"]
    assert [cut.at_least for cut in assignment.cut_points["tier"]] == [Decimal("1000.00"), Decimal("200.00"), Decimal("50.00")]


def test_a_missing_column_is_named_with_its_segmentation(engine, scored):
    with pytest.raises(MissingColumn, match="segmentation 'it' reads column 'shoe_size'"):
        assign(engine, scored, configured(it={"kind": "attribute", "column": "shoe_size"}), bind)
