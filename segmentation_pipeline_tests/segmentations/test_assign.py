from decimal import Decimal

import pytest

from segmentation_pipeline.segmentations.assign import MissingColumn, all_segments, assign, exclusive_names
from segmentation_pipeline.segmentations.kinds import SegmentationsConfig
from segmentation_pipeline_tests.segmentations.conftest import bind


def configured(**segmentations):
    titled = {name: {"title": name} | options for name, options in segmentations.items()}
    return SegmentationsConfig(segmentations=titled).segmentations


def assigned(engine, scored, **options):
    """customer_id -> (segment, score) of one segmentation named 'it'."""
    segmentations = configured(it=options)
    wide = all_segments(assign(engine, scored, segmentations, bind).profile, segmentations, bind)
    return {row["customer_id"]: (row["it"], row["it__score"]) for row in engine.rows(wide)}


def segments_of(engine, scored, **options):
    return {customer: segment for customer, (segment, _) in assigned(engine, scored, **options).items()}


def test_the_first_rule_that_holds_wins_and_no_rule_means_no_segment(engine, scored):
    rules = [
        {"name": "active", "when": "recency_days <= 90"},
        {"name": "repeat", "when": "frequency >= 2"},
        {"name": "tried", "when": "frequency = 1"},
    ]
    assert segments_of(engine, scored, kind="rules", segments=rules) == {
        "anna": "active",
        "bert": "active",
        "cora": "repeat",
        "dirk": "tried",
        "emma": None,
    }


def test_a_rule_on_an_unknown_value_does_not_hold(engine, scored):
    rules = [{"name": "lapsed", "when": "recency_days > 90"}, {"name": "rest", "when": "frequency >= 0"}]
    assert segments_of(engine, scored, kind="rules", segments=rules)["emma"] == "rest"


def test_overlapping_rules_give_all_that_hold(engine, scored):
    rules = [{"name": "big", "when": "monetary >= 100"}, {"name": "bargain", "when": "discount_share > 0"}]
    assert assigned(engine, scored, kind="rules", exclusive=False, segments=rules) == {
        "anna": (["big"], None),
        "bert": (["big", "bargain"], None),
        "cora": (["bargain"], None),
        "dirk": (["bargain"], None),
        "emma": ([], None),
    }


def test_rfm_and_clusters_take_the_models_columns(engine, scored):
    assert assigned(engine, scored, kind="rfm")["bert"] == ("need_attention", 333.0)
    assert assigned(engine, scored, kind="clusters")["cora"] == ("few_orders", 0.2)
    assert assigned(engine, scored, kind="rfm")["emma"] == (None, None)


TIERS = [{"name": "top", "top": 0.25}, {"name": "middle", "top": 0.5}, {"name": "rest", "top": 1.0}]


def test_tiers_go_from_the_highest_value_down_and_leave_out_the_unknown(engine, scored):
    assert assigned(engine, scored, kind="quantiles", column="clv", segments=TIERS) == {
        "anna": ("top", 1000.0),
        "bert": ("middle", 200.0),
        "cora": ("rest", 50.0),
        "dirk": ("rest", 50.0),
        "emma": (None, None),
    }


def test_labels_ignore_case_and_signs_and_rare_ones_go_together(engine, scored):
    assert segments_of(engine, scored, kind="attribute", column="country") == {
        "anna": "germany",
        "bert": "germany",
        "cora": "côte_d_ivoire",
        "dirk": None,
        "emma": None,
    }
    assert segments_of(engine, scored, kind="attribute", column="country", min_size=2, other="elsewhere") == {
        "anna": "germany",
        "bert": "germany",
        "cora": "elsewhere",
        "dirk": None,
        "emma": None,
    }


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
