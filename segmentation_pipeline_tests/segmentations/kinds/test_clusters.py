"""The segments of a cluster model."""

from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline_tests.segmentations.kinds.one import assigned, version, words


def test_segment_and_score_are_the_models(engine, scored):
    assert assigned(engine, scored, kind="clusters")["cora"] == ("few_orders", 0.2)


def test_the_model_says_what_they_are(engine, scored):
    assert words(engine, scored, {"many_orders": "frequency +1.5 sd"}, kind="clusters") == {"many_orders": "frequency +1.5 sd"}


def test_a_refit_model_is_another_version():
    first, then = (version([SegmentDefinition("it", "a", text)], kind="clusters") for text in ("x", "y"))
    assert first != then
