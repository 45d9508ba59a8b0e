"""One segmentation, named ``it``: who is in it, what is said of its segments and which version it is."""

from segmentation_pipeline.segmentations.assign import all_segments, assign
from segmentation_pipeline.segmentations.define import define
from segmentation_pipeline.segmentations.segment_catalog import definition_versions
from segmentation_pipeline_tests.segmentations.conftest import bind
from segmentation_pipeline_tests.segmentations.test_assign import configured


def assigned(engine, scored, **options):
    """customer_id -> (segment, score) of one segmentation named 'it'."""
    segmentations = configured(it=options)
    wide = all_segments(assign(engine, scored, segmentations, bind).profile, segmentations, bind)
    return {row["customer_id"]: (row["it"], row["it__score"]) for row in engine.rows(wide)}


def segments_of(engine, scored, **options):
    return {customer: segment for customer, (segment, _) in assigned(engine, scored, **options).items()}


def words(engine, scored, said=None, **options):
    """What its segments mean, where the model says ``said``."""
    segmentations = configured(it=options)
    found = assign(engine, scored, segmentations, bind)
    wide = all_segments(found.profile, segmentations, bind)
    return {d.segment: d.definition for d in define(engine, wide, segmentations, found.cut_points, {"it": said or {}})}


def version(definitions=(), **options):
    return definition_versions(configured(it=options), list(definitions))["it"]
