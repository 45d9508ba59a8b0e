from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.guards import guard_segments, segment_sizes
from segmentation_pipeline_tests.segmentations.test_assign import configured


def guards(counts, customers=100, **options):
    """name -> guard for one segmentation 'it' with these segment sizes."""
    options = {"kind": "attribute", "column": "country"} | options
    definitions = [SegmentDefinition("it", segment, "") for segment in counts]
    sizes = {("it", segment): count for segment, count in counts.items() if count}
    return {g.name: g for g in guard_segments(configured(it=options), definitions, sizes, customers)}


def failed(*args, **kwargs):
    return {name for name, guard in guards(*args, **kwargs).items() if not guard.passed}


def test_a_sound_segmentation_passes_all():
    assert failed({"a": 60, "b": 40}, min_size=10) == set()


def test_each_guard_fails_on_its_own_fault():
    assert failed({"a": 95, "b": 5}, min_size=10) == {"sizes"}
    assert failed({f"s{n}": 3 for n in range(31)}) == {"segment_count"}
    assert failed({"a": 96, "b": 4}) == {"balance"}
    assert failed({"a": 30, "b": 10}) == {"coverage"}
    assert "has_members" in failed({"a": 0})


def test_an_empty_segment_counts_as_too_small():
    guard = guards({"a": 90, "b": 0}, min_size=1)["sizes"]
    assert not guard.passed
    assert guard.numbers == {"small_segments": 1, "smallest": 0, "min_size": 1}
    assert guard.message.startswith("1 of 2 segments have fewer than 1 customers: b (0);")


def test_overlapping_segments_need_not_cover_everybody():
    rules = {"kind": "rules", "exclusive": False, "segments": [{"name": "a", "when": "frequency > 0"}]}
    found = guard_segments(configured(it=rules), [SegmentDefinition("it", "a", "")], {("it", "a"): 1}, 100)
    assert "coverage" not in {guard.name for guard in found}


def test_no_customers_at_all_are_told():
    assert not guards({}, customers=0)["has_members"].passed


def test_sizes_are_counted_per_segment(engine):
    rows = [("a", "tier", "gold"), ("b", "tier", "gold"), ("a", "life", "active")]
    keys = ("customer_id", "segmentation", "segment")
    table = engine.memtable({k: [r[i] for r in rows] for i, k in enumerate(keys)}, dict.fromkeys(keys, "string"))
    assert segment_sizes(engine, table) == {("tier", "gold"): 2, ("life", "active"): 1}
