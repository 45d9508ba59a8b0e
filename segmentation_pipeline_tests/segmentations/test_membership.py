from datetime import date

from segmentation_pipeline.contracts.tables import MEMBERSHIP_CHANGES, OBSERVED_DAYS
from segmentation_pipeline.history.spells import active_on, record_day, spells
from segmentation_pipeline.segmentations.assign import all_segments, assign
from segmentation_pipeline.segmentations.define import define
from segmentation_pipeline.segmentations.definitions import definitions_table
from segmentation_pipeline.segmentations.membership import dated_memberships, memberships, when_began
from segmentation_pipeline_tests.segmentations.conftest import bind
from segmentation_pipeline_tests.segmentations.test_assign import TIERS, configured


def test_a_row_per_customer_and_segment_with_score_and_reason(engine, scored):
    segmentations = configured(
        tier={"kind": "quantiles", "column": "clv", "segments": TIERS},
        tags={
            "kind": "rules",
            "exclusive": False,
            "segments": [{"name": "big", "when": "monetary >= 100"}, {"name": "bargain", "when": "discount_share > 0"}],
        },
    )
    found = assign(engine, scored, segmentations, bind)
    words = define(engine, all_segments(found.profile, segmentations, bind), segmentations, found.cut_points, {})
    rows = engine.rows(
        memberships(all_segments(found.profile, segmentations, bind), segmentations, definitions_table(engine, words))
    )
    assert sorted(tuple(row.values()) for row in rows if row["customer_id"] in ("bert", "dirk", "emma")) == [
        ("bert", "tags", "bargain", None, "discount_share > 0"),
        ("bert", "tags", "big", None, "monetary >= 100"),
        ("bert", "tier", "middle", 200.0, "clv >= 200.00 and clv < 1000.00"),
        ("dirk", "tags", "bargain", None, "discount_share > 0"),
        ("dirk", "tier", "rest", 50.0, "clv < 200.00"),
    ]


def test_a_segment_without_a_definition_keeps_its_members(engine, scored):
    segmentations = configured(rfm={"kind": "rfm"})
    found = assign(engine, scored, segmentations, bind)
    rows = engine.rows(
        memberships(all_segments(found.profile, segmentations, bind), segmentations, definitions_table(engine, []))
    )
    assert sorted(row["customer_id"] for row in rows) == ["anna", "bert", "cora", "dirk"]


def test_since_is_the_first_day_of_the_present_stay_in_every_kind_of_segmentation(engine, scored):
    segmentations = configured(
        tier={"kind": "quantiles", "column": "clv", "segments": TIERS},
        tags={"kind": "rules", "exclusive": False, "segments": [{"name": "big", "when": "monetary >= 100"}]},
    )
    profile = assign(engine, scored, segmentations, bind).profile
    assigned = all_segments(profile, segmentations, bind)
    words = definitions_table(engine, [])
    for day in (date(2026, 1, 1), date(2026, 1, 2)):
        members = memberships(assigned, segmentations, words)
        if day.day == 1:  # bert comes a day later
            members = members.filter(members.customer_id != "bert")
        record_day(engine, members, day, segmentations)
    now = active_on(spells(engine.table(MEMBERSHIP_CHANGES), engine.table(OBSERVED_DAYS)), date(2026, 1, 2))
    dated = engine.rows(dated_memberships(assigned, when_began(now, segmentations), now, segmentations, words))
    plain = engine.rows(memberships(assigned, segmentations, words))
    key = ("customer_id", "segmentation", "segment")
    assert sorted(tuple(row[k] for k in key) for row in dated) == sorted(tuple(row[k] for k in key) for row in plain)
    assert {row["segmentation"] for row in dated} == {"tier", "tags"}
    assert all(row["since"] == date(2026, 1, 2 if row["customer_id"] == "bert" else 1) for row in dated)
