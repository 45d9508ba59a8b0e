from segmentation_pipeline.segmentations.assign import all_segments, assign
from segmentation_pipeline.segmentations.define import define
from segmentation_pipeline_tests.segmentations.conftest import bind
from segmentation_pipeline_tests.segmentations.test_assign import configured


def words(engine, scored, **options):
    segmentations = configured(it=options)
    found = assign(engine, scored, segmentations, bind)
    said = {"rfm": {"champions": "recent, often, much"}, "clusters": {"many_orders": "frequency +1.5 sd"}}.get(
        options["kind"], {}
    )
    return {
        d.segment: d.definition
        for d in define(engine, all_segments(found.profile, segmentations, bind), segmentations, found.cut_points, {"it": said})
    }


def test_rules_are_their_own_words_on_one_line(engine, scored):
    rule = {"name": "active", "when": "recency_days <= 90\n  and frequency > 1"}
    assert words(engine, scored, kind="rules", segments=[rule]) == {"active": "recency_days <= 90 and frequency > 1"}


def test_models_say_what_their_segments_are(engine, scored):
    assert words(engine, scored, kind="rfm") == {"champions": "recent, often, much"}
    assert words(engine, scored, kind="clusters") == {"many_orders": "frequency +1.5 sd"}


def test_tiers_are_told_by_their_cut_points_also_empty_ones(engine, scored):
    tiers = [{"name": "best", "top": 0.1}, {"name": "good", "top": 0.25}, {"name": "rest", "top": 1.0}]
    assert words(engine, scored, kind="quantiles", column="clv", segments=tiers) == {
        "best": "no value of clv falls in this tier, because equal values share a tier",
        "good": "clv >= 1000.00",
        "rest": "clv < 1000.00",
    }


def test_labels_come_from_the_data(engine, scored):
    assert words(engine, scored, kind="attribute", column="country", min_size=2) == {
        "germany": "country is germany",
        "other": "country is a value fewer than 2 customers have",
    }
