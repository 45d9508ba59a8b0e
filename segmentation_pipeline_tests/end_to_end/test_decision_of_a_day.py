"""Two campaigns that want the same people, over days, sealed lists and lists made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.project import query
from segmentation_pipeline_tests.end_to_end.test_handing_over import DAY, NEXT, files, listed, project, say

__all__ = ["project"]
pytestmark = pytest.mark.slow

CAMPAIGN = (
    "{{title: T, channel: email, audience: frequency >= 1, rank_by: frequency, holdout_share: 0.3, priority: {priority}, "
    "value: 0.1 * monetary, value_assumption: one of ten orders as before, cost_per_contact: 0.01}}"
)


def campaigns(project: Path, decision: str, **priority: int) -> None:
    lines = [f"  {name}: {CAMPAIGN.format(priority=at)}\n" for name, at in priority.items()]
    (project / "config" / "campaigns.yaml").write_text(f"decision: {decision}\ncampaigns:\n" + "".join(lines))


def decisions(project: Path, day: str = DAY) -> dict[str, tuple]:
    rows = query(project, f"SELECT customer_id, campaign, contacts, stopped FROM campaign_decisions WHERE as_of = '{day}'")
    return {row[0]: row[1:] for row in rows}


def test_nobody_gets_two_messages_whatever_is_sealed_run_again_or_made_again(project: Path) -> None:
    campaigns(project, "{by: priority, caps: [{contacts: 1, days: 3}]}", spring=1, summer=2)
    say(project, "run", "--as-of", DAY)
    first, second = listed(project, "spring"), listed(project, "summer")
    assert first and second and not first & second
    told = decisions(project)
    assert len(told) == 30 and {name for name, row in told.items() if row[0] == "spring"} == first
    assert all(row[2] == "summer: lost_to" for name, row in told.items() if name in first)
    [overlap] = query(project, "SELECT passed_both, contacted_by_both FROM audience_overlap")
    assert overlap == (30, 0)
    reason = query(project, "SELECT reason FROM campaign_funnel WHERE campaign = 'summer' AND step = 'lost_to'")
    assert reason == [(f"another campaign contacts them on this day; to spring {len(first)}",)]

    # Sealed, and then the other one comes first: who is on the sealed list has their message of the day.
    say(project, "audience", "seal", "spring")
    sent = files(project, "spring")
    campaigns(project, "{by: value, caps: [{contacts: 1, days: 3}], budget: 0.05}", spring=2, summer=1)
    say(project, "run", "--as-of", DAY)
    assert files(project, "spring") == sent
    assert not listed(project, "summer") & first and len(listed(project, "summer")) <= 5
    told = decisions(project)
    assert {name for name, row in told.items() if row[0] == "spring"} == first
    assert all(row[1] <= 1 for row in told.values())

    # The next day the cap stops all of them; the day before, made again, takes nobody twice either.
    contacted = first | listed(project, "summer")
    say(project, "run", "--as-of", NEXT)
    again = listed(project, "spring", NEXT) | listed(project, "summer", NEXT)
    assert not again & contacted
    before = decisions(project)
    say(project, "run", "--as-of", DAY, "--reissue", "summer")
    assert files(project, "spring") == sent
    assert not listed(project, "summer.v2") & (first | again)
    after = decisions(project)
    assert after.keys() == before.keys() and all(row[1] <= 1 for row in after.values())
