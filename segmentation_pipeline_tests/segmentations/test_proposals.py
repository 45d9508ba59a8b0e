from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.guards import segment_sizes
from segmentation_pipeline.segmentations.proposals import merge_proposals
from segmentation_pipeline_tests.segmentations.test_assign import configured

KEYS = ("customer_id", "segmentation", "segment")


def proposed(engine, scored, min_size, segments, **members):
    """segment -> proposal for one segmentation 'it' with these members."""
    rows = [(customer, "it", segment) for customer, segment in members.items()]
    table = engine.memtable({k: [r[i] for r in rows] for i, k in enumerate(KEYS)}, dict.fromkeys(KEYS, "string"))
    definitions = [SegmentDefinition("it", segment, "") for segment in segments]
    segmentations = configured(it={"kind": "attribute", "column": "country", "min_size": min_size})
    found = merge_proposals(engine, scored, table, segmentations, definitions, segment_sizes(engine, table))
    return {segment: proposal for (_, segment), proposal in found.items()}


def test_a_small_segment_goes_to_the_one_most_like_it(engine, scored):
    """dirk (one old order) is more like cora (two old orders) than like anna, who buys all the time."""
    found = proposed(engine, scored, 2, ["best", "late", "gone"], anna="best", bert="best", cora="late", emma="late", dirk="gone")
    assert list(found) == ["gone"]
    assert found["gone"].startswith("merge into late: nearest by profile, ")
    assert found["gone"].endswith(" sd apart; together 3 customers")


def test_the_distance_is_the_root_mean_square_over_the_features(engine, scored):
    (found,) = proposed(engine, scored.select("customer_id", "frequency", "monetary", "monetary_365d", "clv", "recency_days",
                                              "average_order_value").mutate(clv=scored.clv * 0, monetary=scored.monetary * 0,
                                                                            recency_days=scored.recency_days * 0,
                                                                            average_order_value=scored.average_order_value * 0),
                        2, ["few", "many"], dirk="few", bert="many", anna="many").values()  # fmt: skip
    # frequency alone varies, sd of 9 3 2 1 0 = 3.162: |1 - 6| / 3.162
    assert found == "merge into many: nearest by profile, 1.58 sd apart; together 3 customers"


def test_an_empty_segment_has_nothing_to_merge(engine, scored):
    found = proposed(engine, scored, 1, ["best", "gone"], anna="best")
    assert found == {"gone": "nobody is in it: widen its definition or remove it"}


def test_large_enough_segments_have_no_proposal_and_a_single_one_nowhere_to_go(engine, scored):
    assert proposed(engine, scored, 0, ["best"], anna="best") == {}
    assert proposed(engine, scored, 5, ["best"], anna="best")["best"].startswith("widen its definition")
