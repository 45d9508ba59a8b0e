from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.segment_catalog import definition_versions, segment_catalog
from segmentation_pipeline_tests.segmentations.conftest import AS_OF
from segmentation_pipeline_tests.segmentations.test_assign import configured

RULE = {"name": "active", "when": "recency_days <= 90", "description": "Bought lately."}


def test_a_row_per_defined_segment(engine):
    segmentations = configured(
        life={"kind": "rules", "title": "Life stage", "owner": "team:crm", "segments": [RULE]},
        rfm={"kind": "rfm", "description": "RFM."},
    )
    definitions = [
        SegmentDefinition("life", "active", "recency_days <= 90", "Bought lately."),
        SegmentDefinition("rfm", "lost", "recency 1"),
    ]
    life, rfm = engine.rows(
        segment_catalog(engine, segmentations, definitions, {("rfm", "lost"): "merge"}, {"life": "1 campaign measured"}, AS_OF)
    )
    assert life == {
        "segmentation": "life",
        "segment": "active",
        "title": "Life stage",
        "kind": "rules",
        "description": "Bought lately.",
        "definition": "recency_days <= 90",
        "owner": "team:crm",
        "exclusive": True,
        "version": life["version"],
        "proposal": None,
        "record": "1 campaign measured",
        "as_of": AS_OF,
    }
    assert (rfm["description"], rfm["definition"], rfm["proposal"], rfm["record"]) == ("RFM.", "recency 1", "merge", None)


def test_the_version_follows_the_segmentations_it_reads():
    def versions(when: str, other: str = "frequency > 3") -> dict[str, str]:
        return definition_versions(
            configured(
                vip={"kind": "rules", "segments": [{"name": "yes", "when": "life = 'active' and monetary > 100"}]},
                life={"kind": "rules", "segments": [RULE | {"when": when}]},
                apart={"kind": "rules", "segments": [{"name": "yes", "when": other}]},
                both={"kind": "hybrid", "of": ["vip", "life"]},
            ),
            [],
        )

    first, then = versions("recency_days <= 90"), versions("recency_days <= 60")
    assert {name for name in first if first[name] != then[name]} == {"vip", "life", "both"}
    assert {name for name, v in versions("recency_days <= 90", "frequency > 4").items() if v != first[name]} == {"apart"}
