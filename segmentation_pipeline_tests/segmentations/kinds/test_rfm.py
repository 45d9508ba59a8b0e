"""The segments of RFM."""

from segmentation_pipeline.config.schema import ModelsConfig
from segmentation_pipeline.contracts.labels import RfmSegment
from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline_tests.segmentations.kinds.one import assigned, version, words
from segmentation_pipeline_tests.segmentations.test_assign import configured


def test_segment_and_score_are_the_models(engine, scored):
    found = assigned(engine, scored, kind="rfm")
    assert (found["bert"], found["emma"]) == (("need_attention", 333.0), (None, None))


def test_the_model_says_what_they_are(engine, scored):
    assert words(engine, scored, {"champions": "recent, often, much"}, kind="rfm") == {"champions": "recent, often, much"}
    said = configured(it={"kind": "rfm"})["it"].words(ModelsConfig(), lambda model: {})
    assert set(said) == {segment.value for segment in RfmSegment}


def test_other_words_are_another_version():
    first, then = (version([SegmentDefinition("it", "lost", text)], kind="rfm") for text in ("R 1", "R 2"))
    assert first != then
