"""Nights of campaigns that wait for something: a missed night is made up, nobody is answered twice, a journey goes on.

Everything is compared with a clerk who reads the same files with ``csv`` and keeps a card for each customer.
"""

from __future__ import annotations

import csv
import itertools
from datetime import date, timedelta
from pathlib import Path

import pytest

from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.end_to_end.nights import run
from segmentation_pipeline_tests.end_to_end.project import query

pytestmark = pytest.mark.long

FIRST = date(2026, 6, 1)
NIGHTS = [FIRST + timedelta(days=night) for night in range(9) if night != 3]
"""The fourth was missed."""
CAMPAIGNS = """campaigns:
  birthday:
    {title: B, channel: email, audience: frequency >= 1, rank_by: monetary, holdout_share: 0, trigger: {on: birthday, days_before: 2, within_days: 1}}
  third:
    {title: T, channel: email, audience: frequency >= 1, rank_by: monetary, holdout_share: 0.4, trigger: {on: nth_order, nth: 3, within_days: 2}}
  reminder:
    {title: R, channel: email, audience: "true", rank_by: monetary, holdout_share: 0, depends_on: {campaign: third, days_after: 2, within_days: 1}}
  woken:
    title: W
    channel: email
    audience: lifecycle = 'active'
    rank_by: monetary
    holdout_share: 0
    trigger: {on: segment_entered, segmentation: lifecycle, segment: active, within_days: 1}
"""
SEGMENTATIONS = """segmentations:
  lifecycle:
    kind: rules
    title: Lifecycle
    segments: [{name: active, when: recency_days <= 90}, {name: lost, when: "true"}]
"""
PEOPLE = [f"c{n:02}" for n in range(24)]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("triggered")
    (root / "config").mkdir()
    (root / "orders").mkdir()
    sources = "sources: {orders: {files: orders/*.csv}, customers: {files: customers.csv}}\n"
    privacy = "consent: not_required\nconsent_not_required_reason: not what is proved\nattributes: [birthday]\n"
    files = {"sources": sources, "pipeline": "business: {timezone: Europe/Berlin}\n", "privacy": privacy}
    for name, text in (files | {"campaigns": CAMPAIGNS, "segmentations": SEGMENTATIONS}).items():
        (root / "config" / f"{name}.yaml").write_text(text)
    born = [f"{who},{who}@example.org,{1970 + n}-06-{1 + n % 12:02}" for n, who in enumerate(PEOPLE)]
    (root / "customers.csv").write_text("customer_id,email,birth_date\n" + "\n".join(born) + "\n")
    lines = ["order_id,customer_id,ordered_at,amount,status"]
    for n, who in enumerate(PEOPLE):
        third = FIRST + timedelta(days=n % 9 - 1)
        lines += [f"{who}-1,{who},2026-01-05 10:00,10,completed", f"{who}-2,{who},2026-01-{6 + n % 3:02} 10:00,10,completed"]
        lines += [f"{who}-3,{who},{third} 23:30,10,{'cancelled' if n % 7 == 6 else 'completed'}"]
        if n % 3 == 0:  # some buy again
            lines += [f"{who}-4,{who},{third + timedelta(days=1 + n % 2)} 00:30,10,completed"]
    (root / "orders" / "orders.csv").write_text("\n".join(lines) + "\n")
    for night in NIGHTS:
        run(Settings(root), night)
    run(Settings(root), NIGHTS[-1], full=True)  # the newest night again
    return Settings(root)


def listed(settings: Settings, campaign: str) -> dict[str, list[tuple[date, str]]]:
    """By customer the nights on which they were on the list, and the arm."""
    found: dict[str, list[tuple[date, str]]] = {}
    for who, night, arm in query(
        settings.root, f"SELECT customer_id, as_of, arm FROM campaign_audiences WHERE campaign = '{campaign}' ORDER BY ALL"
    ):
        found.setdefault(who, []).append((night, arm))
    return found


def orders(root: Path) -> dict[str, list[date]]:
    """The days of completed orders by customer, in order."""
    days: dict[str, list[date]] = {who: [] for who in PEOPLE}
    with (root / "orders" / "orders.csv").open() as file:
        for row in csv.DictReader(file):
            if row["status"] == "completed":
                days[row["customer_id"]].append(date.fromisoformat(row["ordered_at"][:10]))
    return {who: sorted(found) for who, found in days.items()}


def first_night(due: date, within: int) -> date | None:
    """The night on which it is answered: the first one that was run."""
    return next((night for night in NIGHTS if due <= night <= due + timedelta(days=within)), None)


def test_a_missed_night_is_made_up_once_and_only_within_its_days(settings: Settings) -> None:
    with (settings.root / "customers.csv").open() as file:
        birthdays = {row["customer_id"]: date.fromisoformat(row["birth_date"]).replace(year=2026) for row in csv.DictReader(file)}
    answered = {who: first_night(day - timedelta(days=2), 1) for who, day in birthdays.items()}
    expected = {who: [(night, "treatment")] for who, night in answered.items() if night}
    assert listed(settings, "birthday") == expected
    assert FIRST + timedelta(days=4) in [
        nights[0][0] for who, nights in expected.items() if birthdays[who] == FIRST + timedelta(days=5)
    ]
    [reason] = query(
        settings.root, "SELECT DISTINCT reason FROM campaign_audiences WHERE campaign = 'birthday' AND customer_id = 'c05' "
    )
    assert reason[0].startswith("birthday on 2026-06-06, 1 day ahead; rule holds: frequency >= 1; ")


def test_third_orders_are_answered_in_both_arms_and_the_holdout_gets_no_reminder(settings: Settings) -> None:
    bought = orders(settings.root)
    thirds = {who: days[2] for who, days in bought.items() if len(days) > 2}
    answered = {who: night for who, day in thirds.items() if (night := first_night(day, 2))}
    on_list = listed(settings, "third")
    assert {who: [night for night, _ in found] for who, found in on_list.items()} == {
        who: [night] for who, night in answered.items()
    }
    arms = {who: arm for who, [(_, arm)] in on_list.items()}
    assert set(arms.values()) == {"treatment", "holdout"}
    expected = {}
    for who, night in answered.items():
        if arms[who] == "treatment":
            nights = [n for n in NIGHTS if night + timedelta(days=2) <= n <= night + timedelta(days=3)]
            waits = [n for n in nights if not any(night < day <= n for day in bought[who])]
            if waits:
                expected[who] = [(waits[0], "treatment")]
    assert expected and listed(settings, "reminder") == expected
    assert any(arm == "treatment" and who not in expected for who, arm in arms.items()), "some have bought since"


def test_who_entered_a_segment_is_answered_against_the_observed_night_before(settings: Settings) -> None:
    bought, expected = orders(settings.root), {}
    for before, night in itertools.pairwise(NIGHTS):
        for who, days in bought.items():
            was, now = (any(0 <= (on - day).days <= 90 for day in days) for on in (before, night))
            if now and not was:
                expected[who] = [(night, "treatment")]
    assert expected and listed(settings, "woken") == expected


def test_funnels_add_up_and_name_what_was_waited_for(settings: Settings) -> None:
    rows = query(
        settings.root,
        "SELECT campaign, step, entered, left_out, remained, reason FROM campaign_funnel WHERE as_of = '2026-06-05' ORDER BY campaign, step_number",
    )
    reasons = {campaign: reason for campaign, step, *_, reason in rows if step == "rule"}
    assert reasons["birthday"] == "rule does not hold: frequency >= 1, or no birthday from 2026-06-06 to 2026-06-07"
    assert reasons["third"].endswith("or no order number 3 from 2026-06-03 to 2026-06-05")
    assert reasons["reminder"].endswith("or no contact by third from 2026-06-02 to 2026-06-03 with no order since")
    for campaign in reasons:
        steps = [row for row in rows if row[0] == campaign]
        assert all(entered - left == remained for _, _, entered, left, remained, _ in steps)
        assert all(earlier[4] == later[2] for earlier, later in itertools.pairwise(steps))


def test_no_year_of_birth_leaves_the_personal_schema(settings: Settings) -> None:
    found = query(settings.root, "SELECT reason FROM campaign_audiences UNION ALL SELECT reason FROM campaign_funnel")
    assert not any(f"{1970 + n}-" in reason for (reason,) in found for n in range(len(PEOPLE)))
