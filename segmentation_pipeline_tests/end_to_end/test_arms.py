"""Two nights of campaigns with arms, strata, a control group, languages and days, from files to files."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.project import orders_alone, query, segmentation

pytestmark = pytest.mark.slow

DAY, NEXT = "2026-06-03", "2026-06-04"
FIRST, LATER = [f"c{n:03}" for n in range(90)], [f"d{n:03}" for n in range(45)]
CAMPAIGNS = """campaigns:
  test:
    title: Test
    channel: email
    audience: frequency >= 1
    rank_by: frequency
    languages: [de]
    holdout_share: 0.2
    stratify_by: [lifecycle]
    arms: {plain: {content: tpl-17}, voucher: {content: "=tpl-18"}}
  news: {title: News, channel: email, audience: frequency >= 1, rank_by: frequency, holdout: global}
  over: {title: Over, channel: email, audience: frequency >= 1, rank_by: frequency, ends: 2026-06-03, holdout: none}
decision: {global_holdout_share: 0.2}
"""
SOURCES = """sources:
  orders: {files: data/raw/*.csv}
  customers: {files: data/people/customers.csv}
  consents: {files: data/people/consents.csv}
  campaign_contacts: {files: data/people/contacts.csv}
"""


def people(project: Path, customers: list[str]) -> None:
    """Everybody bought once, half of them long ago; all agree; every third speaks French, every ninth nothing that is known."""
    orders = "".join(f"{n},{name},2026-{(1, 5)[n % 2]:02}-{1 + n % 28:02},10\n" for n, name in enumerate(customers))
    raw = next((project / "data" / "raw").glob("*.csv"))
    raw.write_text("order_id,customer_id,ordered_at,amount\n" + orders)
    folder = project / "data" / "people"
    folder.mkdir(exist_ok=True)
    spoken = (("" if n % 9 == 0 else "fr") if n % 3 == 0 else "de-AT" for n in range(len(customers)))
    known = "".join(f"{name},{name}@example.org,{language}\n" for name, language in zip(customers, spoken, strict=True))
    (folder / "customers.csv").write_text("customer_id,email,language\n" + known)
    grants = "".join(f"{name},email,marketing,granted,2026-01-01T10:00:00\n" for name in customers)
    (folder / "consents.csv").write_text("customer_id,channel,purpose,status,occurred_at\n" + grants)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, the same again, and one of the day after, with half as many newcomers."""
    folder = orders_alone(tmp_path_factory.mktemp("arms"), "order_id,customer_id,ordered_at,amount\n")
    people(folder, FIRST)
    log = "campaign,customer_id,contacted_at,arm\nnews,c001,2026-06-01,Control group\nnews,c002,2026-06-01,letter_b\n"
    (folder / "data" / "people" / "contacts.csv").write_text(log)
    (folder / "config" / "sources.yaml").write_text(SOURCES)
    (folder / "config" / "campaigns.yaml").write_text(CAMPAIGNS.replace("news: {", "news: {arms: {letter_a: {}, letter_b: {}}, "))
    for day in (DAY, NEXT):
        if day == NEXT:
            people(folder, [*FIRST, *LATER])
        done = segmentation(folder, "run", "--as-of", day)
        assert done.returncode == 0, done.stdout + done.stderr
        (folder / f"said.{day}").write_text(done.stdout + done.stderr)
    return folder


def audience(project: Path, campaign: str, day: str = DAY) -> list[dict[str, str]]:
    with (project / "data" / "audiences" / day / campaign / "audience.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_file_says_who_gets_which_message(nights: Path) -> None:
    rows = audience(nights, "test")
    assert list(rows[0])[:4] == ["customer_id", "rank", "arm", "content"]
    assert {(row["arm"], row["content"]) for row in rows} == {("plain", "tpl-17"), ("voucher", "'=tpl-18")}
    manifest = json.loads((nights / "data" / "audiences" / DAY / "test" / "manifest.json").read_text())
    counted = Counter(row["arm"] for row in rows)
    assert {arm: manifest["arms"][arm] for arm in counted} == counted and manifest["arms"]["holdout"] > 0
    assert manifest["columns"] == list(rows[0])
    listed = query(
        nights,
        f"SELECT customer_id, arm FROM campaign_audiences WHERE campaign = 'test' AND as_of = '{DAY}' AND arm <> 'holdout'",
    )
    assert sorted(listed) == sorted((row["customer_id"], row["arm"]) for row in rows)


def test_each_stratum_holds_out_a_fifth_over_both_nights(nights: Path) -> None:
    drawn = query(
        nights,
        "SELECT stratum, count(*), count(*) FILTER (arm = 'holdout') FROM campaign_audiences WHERE campaign = 'test' GROUP BY 1",
    )
    assert {row[0] for row in drawn} == {"lifecycle=active", "lifecycle=lost"}
    assert all(abs(held - 0.2 * people) <= 1 for _, people, held in drawn)
    twice = query(
        nights,
        "SELECT count(*) FROM (SELECT 1 FROM campaign_audiences WHERE campaign = 'test' GROUP BY customer_id HAVING count(*) > 1)",
    )
    assert twice == [(0,)], "who was drawn on the first night is not drawn again before the message may be repeated"


def test_the_control_group_gets_nothing_and_is_the_holdout_of_the_campaign_that_asks_for_it(nights: Path) -> None:
    held = {
        row[0]
        for row in query(
            nights, f"SELECT customer_id FROM campaign_audiences WHERE campaign = 'news' AND arm = 'holdout' AND as_of = '{DAY}'"
        )
    }
    assert 8 < len(held) < 30
    reached = {row["customer_id"] for campaign in ("test", "news", "over") for row in audience(nights, campaign)}
    assert not held & reached
    left = dict(
        query(nights, f"SELECT campaign, left_out FROM campaign_funnel WHERE step = 'global_holdout' AND as_of = '{DAY}'")
    )
    assert (left["news"], left["over"]) == (0, len(held)) and left["test"] > 0


def test_every_funnel_adds_up_and_languages_and_days_are_told_at_the_rule(nights: Path) -> None:
    for day in (DAY, NEXT):
        for campaign in ("test", "news", "over"):
            steps = query(
                nights,
                f"SELECT entered, left_out, remained FROM campaign_funnel WHERE campaign = '{campaign}' AND as_of = '{day}' ORDER BY step_number",
            )
            assert all(entered - left == remained for entered, left, remained in steps)
            assert [remained for *_, remained in steps[:-1]] == [entered for entered, *_ in steps[1:]]
    rules = {
        (campaign, str(day)): (left, reason)
        for campaign, day, left, reason in query(
            nights, "SELECT campaign, as_of, left_out, reason FROM campaign_funnel WHERE step = 'rule'"
        )
    }
    assert rules["test", DAY] == (30, "rule does not hold: frequency >= 1; or the language is not known or none of de")
    assert rules["over", DAY][0] == 0 and rules["over", NEXT] == (135, "the campaign ended on 2026-06-03")
    assert audience(nights, "over", NEXT) == [] and len(audience(nights, "over", DAY)) > 60
    why = segmentation(nights, "explain", "c003").stdout
    assert "the language is not known or none of de" in why and "the campaign ended on 2026-06-03" in why


def test_the_contact_log_may_name_arms_and_a_control_group_was_not_contacted(nights: Path) -> None:
    arms = dict(query(nights, f"SELECT customer_id, arm FROM campaign_audiences WHERE campaign = 'news' AND as_of = '{DAY}'"))
    assert "c002" not in arms, "had the letter by the log"
    assert arms.get("c001") in ("letter_a", "letter_b", "holdout"), "the log says that it was kept out"


def test_what_the_holdouts_can_show_is_said_before_anything_is_sent(nights: Path) -> None:
    said = " ".join((nights / f"said.{DAY}").read_text().split())
    assert "campaign test should hold out enough people to show an effect: fewer than 30 are held out" in said
    assert "campaign over should hold out" not in said
    [(reason,)] = query(
        nights, f"SELECT reason FROM campaign_funnel WHERE campaign = 'test' AND step = 'holdout' AND as_of = '{DAY}'"
    )
    assert "in every stratum by lifecycle" in reason and "would go unseen" in reason
