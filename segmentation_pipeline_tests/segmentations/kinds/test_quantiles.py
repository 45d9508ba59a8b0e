"""Tiers of a column."""

from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline_tests.segmentations.kinds.one import assigned, version, words
from segmentation_pipeline_tests.segmentations.test_assign import TIERS


def test_tiers_go_from_the_highest_value_down_and_leave_out_the_unknown(engine, scored):
    assert assigned(engine, scored, kind="quantiles", column="clv", segments=TIERS) == {
        "anna": ("top", 1000.0),
        "bert": ("middle", 200.0),
        "cora": ("rest", 50.0),
        "dirk": ("rest", 50.0),
        "emma": (None, None),
    }


def test_tiers_are_told_by_their_cut_points_also_empty_ones(engine, scored):
    tiers = [{"name": "best", "top": 0.1}, {"name": "good", "top": 0.25}, {"name": "rest", "top": 1.0}]
    assert words(engine, scored, kind="quantiles", column="clv", segments=tiers) == {
        "best": "no value of clv falls in this tier, because equal values share a tier",
        "good": "clv >= 1000.00",
        "rest": "clv < 1000.00",
    }


def test_moving_cut_points_keep_the_version():
    tiers = {"kind": "quantiles", "column": "clv", "segments": TIERS}
    first, then = (version([SegmentDefinition("it", "top", f"clv >= {at}")], **tiers) for at in (10, 11))
    assert first == then
    assert first != version(**tiers | {"column": "monetary"})
