"""Thirty-one nights in which customers answer what was sent: who was contacted when, no one too often, and what it earned.

The files of orders of each day are written by a shop that has read the lists of the nights before.  What is published
afterwards is compared with a clerk who reads the files with ``csv``.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise

import pytest

from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.end_to_end import nightly_shop as shop
from segmentation_pipeline_tests.end_to_end.nights import run
from segmentation_pipeline_tests.end_to_end.project import query

pytestmark = pytest.mark.long

DAYS = [shop.FIRST + timedelta(days=night) for night in range(31)]
LAST = DAYS[-1]
REPLAYED = DAYS[4]
ENDS = DAYS[21]
WINDOW = 5
CAMPAIGNS = f"""campaigns:
  voucher:
    title: Voucher
    priority: 1
    channel: email
    audience: frequency >= 1
    rank_by: recency_days
    limit: 25
    repeat: never
    holdout_share: 0.34
    arms: {{plain: {{}}, voucher: {{content: TAKE5}}}}
    tags: [promo]
    ends: {ENDS}
    measurement: {{window_days: {WINDOW}}}
  reminder:
    title: Reminder
    priority: 2
    channel: sms
    audience: "true"
    rank_by: monetary
    holdout_share: 0
    depends_on: {{campaign: voucher, days_after: 3, if: not_ordered, within_days: 1}}
  news:
    title: News
    priority: 3
    channel: email
    audience: frequency >= 1
    rank_by: monetary
    limit: 150
    repeat: {{after_days: 4}}
    holdout_share: 0.3
    ends: {ENDS}
    measurement: {{window_days: {WINDOW}}}
decision:
  by: priority
  caps: [{{contacts: 2, days: 7}}, {{contacts: 1, days: 3, channel: email}}]
  global_holdout_share: 0.05
"""
CAPS = [(2, 7, ("voucher", "reminder", "news")), (1, 3, ("voucher", "news"))]
REPEAT = {"voucher": 10_000, "reminder": 300, "news": 4}
FILES = {
    "sources": "sources: {orders: {files: orders/*.csv}, customers: {files: customers.csv}}\n",
    "pipeline": "business: {timezone: Europe/Berlin}\n",
    "privacy": "consent: not_required\nconsent_not_required_reason: not what is proved\n",
    "segmentations": "segmentations: {buyers: {kind: rules, title: Buyers, segments: [{name: again, when: frequency >= 2}, {name: once, when: 'true'}]}}\n",
    "campaigns": CAMPAIGNS,
}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The shop after the last night; beside it, in ``replayed``, one whose fifth night found its files turned round."""
    root = tmp_path_factory.mktemp("story") / "shop"
    (root / "config").mkdir(parents=True)
    for name, text in FILES.items():
        (root / "config" / f"{name}.yaml").write_text(text)
    shop.open_shop(root)
    settings = Settings(root)
    for day in DAYS:
        shop.a_day_of_orders(settings, day)
        if day == REPLAYED:
            replayed = Settings(shutil.copytree(root, root.with_name("replayed")))
            for path in (*(replayed.root / "orders").iterdir(), replayed.root / "customers.csv"):
                header, *lines = path.read_text().splitlines(keepends=True)
                path.write_text(header + "".join(reversed(lines)))
            run(replayed, day)
        run(settings, day)
    return settings


def contacts(story: Settings) -> dict[str, list[tuple[date, str, str]]]:
    """By campaign who got it when and in which arm, by the files."""
    return {name: list(shop.contacted(story, name)) for name in REPEAT}


def test_nobody_was_contacted_too_often_by_the_files(story: Settings) -> None:
    sent = contacts(story)
    for most, days, counted in CAPS:
        when = defaultdict(list)
        for name in counted:
            for day, who, _ in sent[name]:
                when[who].append(day)
        most_found = max(
            sum(first <= day < first + timedelta(days=days) for day in got) for got in when.values() for first in got
        )
        assert most_found == most, "as often as the cap allows and not oftener"
    for name, after in REPEAT.items():
        nights = defaultdict(list)
        for day, who, _ in sorted(sent[name]):
            nights[who].append(day)
        assert all((later - earlier).days >= after for got in nights.values() for earlier, later in pairwise(got)), name
    assert max(Counter(who for _, who, _ in sent["news"]).values()) > 2


def test_nobody_was_in_two_lists_of_a_night_or_in_two_arms(story: Settings) -> None:
    sent = contacts(story)
    assert all(sent.values())
    nights = Counter((day, who) for rows in sent.values() for day, who, _ in rows)
    assert set(nights.values()) == {1}
    arms = query(
        story.root,
        "SELECT campaign, customer_id, count(DISTINCT arm) FROM campaign_audiences GROUP BY ALL HAVING count(DISTINCT arm) > 1",
    )
    assert arms == []
    listed = query(
        story.root, "SELECT campaign, as_of, customer_id, arm FROM campaign_audiences WHERE arm <> 'holdout' ORDER BY ALL"
    )
    assert listed == sorted((name, *row) for name, rows in sent.items() for row in rows)
    assert {who for _, who, arm in sent["voucher"] if arm == "plain"}.isdisjoint(
        who for _, who, arm in sent["voucher"] if arm != "plain"
    )


def test_the_reminder_is_for_those_who_got_the_voucher_and_did_not_order(story: Settings) -> None:
    sent, ordered = contacts(story), shop.ordered(story.root)
    first = {who: day for day, who, _ in sent["voucher"]}
    for day, who, _ in sent["reminder"]:
        waited = (day - first[who]).days
        assert waited in (3, 4)
        assert not any((who, first[who] + timedelta(days=n)) in ordered for n in range(1, waited + 1))


def test_funnels_add_up_and_decisions_agree_with_the_lists(story: Settings) -> None:
    rows = query(
        story.root,
        "SELECT as_of, campaign, step, entered, left_out, remained FROM campaign_funnel ORDER BY as_of, campaign, step_number",
    )
    steps = defaultdict(list)
    for day, name, *step in rows:
        steps[name, day].append(step)
    sent = contacts(story)
    assert set(steps) == {(name, day) for name in sent for day in DAYS}
    manifests = held_out(story)
    for (name, day), of_list in steps.items():
        assert all(entered - left == remained for _, entered, left, remained in of_list)
        assert all(before[3] == after[1] for before, after in pairwise(of_list))
        told = {step: (left, remained) for step, _, left, remained in of_list}
        assert told["exported"][1] == sum(night == day for night, *_ in sent[name])
        assert told["holdout"][0] == manifests[name, day]
    left: Counter[tuple[str, str]] = Counter()
    for (name, _), of_list in steps.items():
        left.update({(name, step): out for step, _, out, _ in of_list})
    assert all(left["news", step] > 0 for step in ("repeat", "global_holdout", "cap", "lost_to", "limit", "holdout"))
    decided = query(
        story.root, "SELECT as_of, customer_id, campaign FROM campaign_decisions WHERE campaign IS NOT NULL ORDER BY ALL"
    )
    assert decided == sorted((day, who, name) for name, rows in sent.items() for day, who, _ in rows)


def held_out(story: Settings) -> dict[tuple[str, date], int]:
    """By campaign and night those kept out, as the manifest beside the list says."""
    found = {}
    for path in story.audiences.glob("*/*/manifest.json"):
        found[path.parts[-2], date.fromisoformat(path.parts[-3])] = json.loads(path.read_text())["arms"]["holdout"]
    return found


RESULTS = """SELECT as_of, arm, assigned, assigned_control, people, people_control, converted, converted_control,
    status, verdict, definition_changed, lift, lift_low, lift_high FROM campaign_results
    WHERE wave = 'all' AND segmentation = 'all' AND metric = 'conversion' AND campaign = '{}' ORDER BY ALL"""


def test_the_result_counts_whom_the_files_name_and_finds_what_was_planted(
    story: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    ordered, sent = shop.ordered(story.root), contacts(story)["voucher"]
    kept_out = query(
        story.root, "SELECT as_of, customer_id FROM campaign_audiences WHERE campaign = 'voucher' AND arm = 'holdout'"
    )
    assert len(kept_out) == sum(held for (name, _), held in held_out(story).items() if name == "voucher")

    def converts(who: str, night: date) -> bool:
        return any((who, night + timedelta(days=n)) in ordered for n in range(1, WINDOW + 1))

    everybody = [(night, who) for night, who, _ in sent] + kept_out
    final = {row[1]: row[2:] for row in query(story.root, RESULTS.format("voucher")) if row[0] == LAST}
    assert set(final) == {"plain", "voucher"}
    for arm, (assigned, control, people, people_control, bought, bought_control, *said, lift, low, high) in final.items():
        got = [(night, who) for night, who, in_arm in sent if in_arm == arm]
        assert (assigned, people) == (len(got), len(got))
        assert (control, people_control) == (len(kept_out), len(kept_out))
        assert bought == sum(converts(who, night) for night, who in got)
        assert bought_control == sum(converts(who, night) for night, who in kept_out)
        assert said[0] == "measured" and said[2] is False
        planted = sum(only_because(who, arm, night) for night, who in everybody) / len(everybody)
        with capsys.disabled():
            said_of = f"\nvoucher, {arm}: planted {planted:.1%}, estimated {lift:.1%}, from {low:.1%} to {high:.1%}: {said[1]}"
            print(said_of, end="")  # noqa: T201
        assert low <= planted <= high
    assert final["voucher"][7] == "works"


def only_because(who: str, arm: str, night: date) -> bool:
    """Whether somebody would order in the window with the arm and not without."""
    anyway = any(shop.orders_anyway(who, night + timedelta(days=n)) for n in range(1, WINDOW + 1))
    return not anyway and shop.caused_on(who, arm, night) is not None


def test_before_the_first_windows_are_over_it_is_too_early_and_nothing_is_found_where_nothing_was_planted(
    story: Settings,
) -> None:
    early = [row for row in query(story.root, RESULTS.format("voucher")) if row[0] < DAYS[WINDOW]]
    assert {row[0] for row in early} == set(DAYS[:WINDOW])
    assert {(row[8], row[9]) for row in early} == {("not over yet", "too early")}
    news = [row for row in query(story.root, RESULTS.format("news")) if row[0] == LAST]
    assert [(row[8], row[10]) for row in news] == [("measured", False)]
    assert news[0][9] not in ("works", "harms") and news[0][12] <= 0 <= news[0][13]


def test_a_night_replayed_with_its_files_turned_round_is_the_same(story: Settings) -> None:
    replayed = Settings(story.root.with_name("replayed"))
    for name in REPEAT:
        one, other = (each.audiences / str(REPLAYED) / name / "audience.csv" for each in (story, replayed))
        assert one.read_bytes() == other.read_bytes() and len(one.read_text().splitlines()) > 1, name
    for table in ("campaign_audiences", "campaign_funnel", "campaign_decisions", "audience_overlap", "campaign_results"):
        asked = f"FROM {table} WHERE as_of = '{REPLAYED}' ORDER BY ALL"
        assert (found := query(story.root, asked)) and found == query(replayed.root, asked), table
