"""Two campaigns that want the same people, over days, sealed lists and lists made again."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline_tests.end_to_end.nights import night
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
    night(project, DAY)
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
    night(project, DAY)
    assert files(project, "spring") == sent
    assert not listed(project, "summer") & first and len(listed(project, "summer")) <= 5
    told = decisions(project)
    assert {name for name, row in told.items() if row[0] == "spring"} == first
    assert all(row[1] <= 1 for row in told.values())

    # The next day the cap stops all of them; the day before, made again, takes nobody twice either.
    contacted = first | listed(project, "summer")
    night(project, NEXT)
    again = listed(project, "spring", NEXT) | listed(project, "summer", NEXT)
    assert not again & contacted
    before = decisions(project)
    night(project, DAY, reissue=frozenset({"summer"}))
    assert files(project, "spring") == sent
    assert not listed(project, "summer.v2") & (first | again)
    after = decisions(project)
    assert after.keys() == before.keys() and all(row[1] <= 1 for row in after.values())


def test_a_value_learns_from_results_of_days_before_and_is_not_known_until_there_are_some(project: Path) -> None:
    by_response = CAMPAIGN.replace("value: 0.1 * monetary", "value: 0.1 * monetary * measured_response")
    lines = [f"  {name}: {by_response.format(priority=at)}\n" for name, at in {"spring": 1, "summer": 2}.items()]
    text = "decision: {by: value}\ncampaigns:\n" + "".join(lines)
    (project / "config" / "campaigns.yaml").write_text(text)
    night(project, DAY)
    first = listed(project, "spring")
    assert first and not listed(project, "summer") & first, "no value is known: by priority"
    reasons = "SELECT campaign, reason FROM campaign_funnel WHERE step = 'lost_to' AND as_of = '{}' ORDER BY 1"
    assert all("measured_response, and no result of a day before" in reason for _, reason in query(project, reasons.format(DAY)))

    # As if what was measured on the first day had been a lift; the window of a real one takes longer than this test.
    with duckdb.connect(str(project / "data" / "warehouse.duckdb")) as warehouse:
        warehouse.execute(
            "UPDATE measurement.campaign_results SET lift = 0.2, verdict = 'works', people = 20 "
            "WHERE campaign_key = 'summer' AND metric = 'conversion' AND wave = 'all'"
        )
    night(project, NEXT)
    gains = dict(
        query(project, f"SELECT campaign, count(gain) FROM campaign_decisions WHERE as_of = '{NEXT}' AND contacts > 0 GROUP BY 1")
    )
    assert gains.get("summer", 0) > 0 and gains.get("spring", 0) == 0
    told = dict(query(project, reasons.format(NEXT)))
    assert "0.2000 by the last result before" in told["summer"] and "not known" in told["spring"]
    # The day itself, run again, goes by nothing that was measured on it.
    night(project, DAY, full=True)
    assert all("no result of a day before" in reason for _, reason in query(project, reasons.format(DAY)))
