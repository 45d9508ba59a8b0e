"""Segmentations made of others: crosses and priorities, and rules that read them, in the right order."""

import itertools

import pytest

from segmentation_pipeline.segmentations.assign import all_segments, assign
from segmentation_pipeline.segmentations.define import define
from segmentation_pipeline.segmentations.explain import explain_customer
from segmentation_pipeline_tests.segmentations.conftest import binding, rule
from segmentation_pipeline_tests.segmentations.test_assign import TIERS, configured

LIFE = {
    "kind": "rules",
    "segments": [{"name": "active", "when": "recency_days <= 90"}, {"name": "gone", "when": "recency_days > 90"}],
}
TIER = {"kind": "quantiles", "column": "clv", "segments": TIERS}
TAGS = {
    "kind": "rules",
    "exclusive": False,
    "segments": [{"name": "big", "when": "monetary >= 100"}, {"name": "bargain", "when": "discount_share > 0"}],
}


def everybody(engine, scored, segmentations):
    """customer_id -> segment by segmentation."""
    bind = binding(segmentations)
    wide = all_segments(assign(engine, scored, segmentations, bind).profile, segmentations, bind)
    return {row["customer_id"]: row for row in engine.rows(wide)}


def segments_of(engine, scored, name, **options):
    rows = everybody(engine, scored, configured(**options))
    return {customer: row[name] for customer, row in rows.items()}


def test_a_rule_reads_the_segments_of_others(engine, scored):
    rules = [
        {"name": "lapsed_bargain", "when": "life = 'gone' and in_segment(tags, 'bargain')"},
        {"name": "top_or_big", "when": "tier = 'top' or in_segment(tags, 'big')"},
        {"name": "not_top", "when": "not in_segment(tier, 'top', 'middle')"},
    ]
    # anna: active, top, big; bert: active, middle, big and bargain; cora and dirk: gone, rest, bargain; emma: none
    assert segments_of(engine, scored, "care", care={"kind": "rules", "segments": rules}, tags=TAGS, tier=TIER, life=LIFE) == {
        "anna": "top_or_big",
        "bert": "top_or_big",
        "cora": "lapsed_bargain",
        "dirk": "lapsed_bargain",
        "emma": "not_top",
    }


def test_overlapping_segments_may_read_overlapping_segments(engine, scored):
    more = {
        "kind": "rules",
        "exclusive": False,
        "segments": [{"name": "both", "when": "in_segment(tags, 'big') and life = 'active'"}],
    }
    most = {
        "kind": "rules",
        "exclusive": False,
        "segments": [{"name": "yes", "when": "in_segment(more, 'both') and frequency > 3"}],
    }
    rows = everybody(engine, scored, configured(most=most, more=more, tags=TAGS, life=LIFE))
    assert {customer: (row["more"], row["most"]) for customer, row in rows.items()} == {
        "anna": (["both"], ["yes"]),
        "bert": (["both"], []),
        "cora": ([], []),
        "dirk": ([], []),
        "emma": ([], []),
    }


def test_the_order_in_the_file_does_not_matter(engine, scored):
    parts = {
        "life": LIFE,
        "tier": TIER,
        "cross": {"kind": "hybrid", "of": ["life", "tier"]},
        "care": {
            "kind": "rules",
            "segments": [{"name": "yes", "when": "cross = 'active_x_top'"}, {"name": "no", "when": "true"}],
        },
    }
    found = [
        everybody(engine, scored, configured(**{name: parts[name] for name in order}))
        for order in (("life", "tier", "cross", "care"), ("care", "cross", "tier", "life"), ("cross", "care", "life", "tier"))
    ]
    for one, other in itertools.pairwise(found):
        assert {c: sorted(r.items(), key=str) for c, r in one.items()} == {
            c: sorted(r.items(), key=str) for c, r in other.items()
        }
    assert {c: r["care"] for c, r in found[0].items()} == {"anna": "yes", **dict.fromkeys(("bert", "cora", "dirk", "emma"), "no")}


CELLS = {"anna": "active_x_top", "bert": "active_x_middle", "cora": "gone_x_rest", "dirk": "gone_x_rest", "emma": None}


def test_a_cross_has_a_segment_per_combination(engine, scored):
    assert segments_of(engine, scored, "it", life=LIFE, tier=TIER, it={"kind": "hybrid", "of": ["life", "tier"]}) == CELLS


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"max_cells": 1}, {"gone_x_rest"}),  # the largest
        ({"max_cells": 2}, {"gone_x_rest", "active_x_middle"}),  # of two cells of one customer the first by name
        ({"min_size": 2}, {"gone_x_rest"}),
        ({"min_size": 3}, set()),
        ({"max_cells": 3}, {"gone_x_rest", "active_x_middle", "active_x_top"}),
    ],
)
def test_cells_beyond_the_limits_are_joined(engine, scored, options, kept):
    cross = {"kind": "hybrid", "of": ["life", "tier"], "other": "elsewhere", **options}
    expected = {customer: cell if cell in kept or cell is None else "elsewhere" for customer, cell in CELLS.items()}
    assert segments_of(engine, scored, "it", life=LIFE, tier=TIER, it=cross) == expected


def test_the_first_priority_a_customer_is_in_wins(engine, scored):
    ranked = [
        {"segmentation": "tags", "segment": "big", "name": "look_after"},
        {"segmentation": "life", "segment": "gone"},
        {"segmentation": "tags", "segment": "bargain"},
    ]
    treat = {"kind": "hybrid", "priorities": ranked, "else": "leave_alone"}
    expected = {"anna": "look_after", "bert": "look_after", "cora": "gone", "dirk": "gone", "emma": "leave_alone"}
    assert segments_of(engine, scored, "it", it=treat, tags=TAGS, life=LIFE) == expected
    del treat["else"]
    assert segments_of(engine, scored, "it", it=treat, tags=TAGS, life=LIFE) == expected | {"emma": None}


def test_definitions_and_explanations_say_what_it_is_made_of(engine, scored):
    segmentations = configured(
        life=LIFE,
        tier=TIER,
        tags=TAGS,
        cross={"kind": "hybrid", "of": ["life", "tier"], "max_cells": 2},
        treat={"kind": "hybrid", "priorities": [{"segmentation": "tags", "segment": "big"}], "else": "none"},
        care={"kind": "rules", "segments": [{"name": "yes", "when": "cross = 'other' or in_segment(tags, 'bargain')"}]},
    )
    bind = binding(segmentations)
    assignment = assign(engine, scored, segmentations, bind)
    profile, wide = assignment.profile, all_segments(assignment.profile, segmentations, bind)
    words = define(engine, wide, segmentations, assignment.cut_points, {})
    assert [(d.segment, d.definition) for d in words if d.segmentation == "cross"] == [
        ("active_x_middle", "life is active and tier is middle"),
        ("gone_x_rest", "life is gone and tier is rest"),
        ("other", "life and tier are known, and the cell is not among the 2 largest"),
    ]

    def explained(customer):
        found = explain_customer(
            engine,
            profile.filter(profile.customer_id == customer),
            engine.rows(wide.filter(wide.customer_id == customer))[0],
            segmentations,
            words,
            bind,
            lambda text: rule(text, segmentations).columns,
            {},
            {},
        )
        return {each.segmentation: each for each in found}

    assert explained("anna")["cross"].segments == ("other",)
    assert explained("anna")["cross"].because[0].endswith("(life is 'active', tier is 'top')")
    assert explained("emma")["cross"].because == ("life is unknown for this customer",)
    assert explained("bert")["treat"].because == ("in_segment(tags, 'big') (is 150.00)",)
    assert explained("dirk")["treat"].before == ("not big: in_segment(tags, 'big') (is 20.00)",)
    why = "cross = 'other' or in_segment(tags, 'bargain') (cross is 'gone_x_rest', discount_share is 0.5)"
    assert explained("dirk")["care"].because == (why,)
