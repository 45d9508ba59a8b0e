from datetime import date, timedelta

from segmentation_pipeline.segmentations.jumps import guard_jumps

AS_OF = date(2026, 3, 1)


def judged(engine, *sizes, segment="gold", days_apart=1):
    """The guard of 'it' after a segment had these sizes on days up to ``AS_OF``."""
    days = [AS_OF - timedelta(days=days_apart * n) for n in reversed(range(len(sizes)))]
    columns = {"as_of": days, "segmentation": ["it"] * len(days), "segment": [segment] * len(days), "customers": list(sizes)}
    kinds = {"as_of": "date", "segmentation": "string", "segment": "string", "customers": "int64"}
    (guard,) = guard_jumps(engine, engine.memtable(columns, kinds), AS_OF, ["it"])
    return guard


def test_a_sudden_change_against_the_trailing_median_is_told_with_both_sizes(engine):
    guard = judged(engine, 100, 100, 300, 100, 160)
    assert not guard.passed
    assert guard.numbers == {"jumps": 1, "largest_change": 0.6, "limit": 0.5, "observed_days": 4}
    assert guard.message.endswith("the last 4 observed days: gold from 100 to 160")
    assert not judged(engine, 100, 100, 0).passed, "a segment that is gone"
    assert not judged(engine, 0, 0, 50).passed, "a segment that was not there"


def test_a_steady_segment_one_bad_day_before_and_few_customers_are_no_jump(engine):
    assert judged(engine, 100, 110, 120, 130).passed
    assert judged(engine, 100, 100, 500, 100).passed, "the median forgets a single day"
    assert judged(engine, 4, 4, 12).passed, "eight customers"
    assert judged(engine, 40, 64).passed, "counts of 40 vary by 6 or so"


def test_only_seven_observed_days_count_and_none_long_ago(engine):
    assert judged(engine, *[900] * 5, *[100] * 8).passed
    assert judged(engine, 100, 100, 900, days_apart=32).message.startswith("not yet known")
    assert judged(engine, 100).message == "not yet known: no day in the 31 days before was observed"
