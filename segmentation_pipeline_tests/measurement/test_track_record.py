"""What results teach: the record of a segmentation in words, and the response a value may use."""

from __future__ import annotations

from datetime import date
from typing import Any

from segmentation_pipeline.config.schema import Config, RuleSegment
from segmentation_pipeline.measurement.track_record import measured_responses, records
from segmentation_pipeline.segmentations.kinds.rules import RulesSegmentation
from segmentation_pipeline_tests.measurement.assigned import project

DAY, NEXT = date(2026, 6, 29), date(2026, 6, 30)
EVERYBODY = RulesSegmentation(kind="rules", title="T", segments=(RuleSegment(name="a", when="true"),))


def row(campaign: str, **more: Any) -> dict[str, Any]:
    basic = {"campaign_key": campaign, "campaign": campaign, "as_of": DAY, "wave": "all", "segmentation": "all"}
    found = {"arm": "treatment", "metric": "conversion", "decides": True, "verdict": "works", "people": 100}
    return basic | found | {"lift": 0.036, "lift_low": 0.009, "lift_high": 0.063} | more


def shop() -> Config:
    campaigns = {
        "win_back": {"audience": "lifecycle = 'a'"},
        "birthday": {"measurement": {"by": ["lifecycle"], "metric": "revenue"}},
        "other": {"audience": "frequency > 1 and rest = 'a'"},
    }
    named = {"lifecycle": EVERYBODY, "rest": EVERYBODY, "unused": EVERYBODY}
    return project(campaigns=campaigns).model_copy(update={"segmentations": named})


def test_the_record_tells_campaigns_by_audience_and_by_split_and_nothing_of_parts() -> None:
    rows = [
        row("win_back"),
        row("win_back", wave="2026-05", lift=0.9),
        row("win_back", metric="orders", decides=False, lift=0.8),
        row("win_back", segmentation="lifecycle", lift=0.7),
        row("birthday", metric="revenue", arm="voucher", verdict="too early", lift=-1.5, lift_low=-4.0, lift_high=1.0),
        row("other", verdict="not comparable", lift=None),
    ]
    assert records(rows, shop()) == {
        "lifecycle": "2 campaigns measured, 1 works: birthday voucher too early, -1.50 revenue per person (-4.00 to 1.00); "
        "win_back works, +3.6 points (0.9 to 6.3)"
    }
    assert records([], shop()) == {}


def test_the_response_is_the_lift_of_the_last_day_over_all_arms() -> None:
    rows = [
        row("one", lift=0.5),
        row("one", as_of=NEXT, arm="a", lift=0.03, people=100),
        row("one", as_of=NEXT, arm="b", lift=0.06, people=200),
        row("one", as_of=NEXT, arm="c", lift=None, people=0),
        row("one", as_of=NEXT, metric="revenue", lift=9.0),
        row("one", as_of=NEXT, wave="2026-06", lift=9.0),
        row("broken"),
        row("broken", as_of=NEXT, verdict="not comparable", lift=None),
        row("nothing", lift=None, verdict="too early"),
        row("harmful", lift=-0.02, verdict="harms"),
    ]
    expected = {"one": 0.05, "harmful": -0.02}
    assert measured_responses(rows) == expected == measured_responses(rows[::-1])
