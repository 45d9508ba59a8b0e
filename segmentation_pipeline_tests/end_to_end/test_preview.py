"""A list before it is made: what is previewed is what a run then makes, and nothing is written."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.project import orders_alone, query, segmentation

pytestmark = pytest.mark.slow

PEOPLE = [f"c{n:02}" for n in range(40)]
CAMPAIGN = "{{title: T, channel: email, audience: frequency >= 1, rank_by: monetary, holdout_share: 0.3{more}}}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty customers; every kind of ledger, and two of them one person."""
    orders = "".join(f"{n},{name},2026-05-{1 + n % 28:02},{10 + n}\n" for n, name in enumerate(PEOPLE))
    folder = orders_alone(tmp_path_factory.mktemp("preview"), "order_id,customer_id,ordered_at,amount\n" + orders)
    people = {
        "customers": "customer_id,email\n" + "".join(f"{name},{name}@example.org\n" for name in PEOPLE[:-1]),
        "consents": "customer_id,channel,purpose,status,occurred_at\n"
        + "".join(f"{name},email,marketing,granted,2026-01-01T10:00:00\n" for name in PEOPLE)
        + "c00,email,marketing,withdrawn,2026-02-01T10:00:00\n",
        "suppressions": "customer_id,suppressed_at\nc01,2026-03-01\n",
        "restrictions": "customer_id,restricted_at\nc02,2026-03-01\n",
        "identities": "record_id,customer_id,system,kind,identifier,seen_at\n"
        "i1,c03,web,loyalty_card,C1234567,2026-01-01\ni2,c04,store,loyalty_card,C1234567,2026-01-01\n",
    }
    (folder / "data" / "people").mkdir()
    for name, text in people.items():
        (folder / "data" / "people" / f"{name}.csv").write_text(text)
    raw = (folder / "data" / "raw").relative_to(folder)
    listed = ", ".join(f"{name}: {{files: data/people/{name}.csv}}" for name in people)
    (folder / "config" / "sources.yaml").write_text(f"sources: {{orders: {{files: {raw}/*.csv}}, {listed}}}\n")
    campaigns(folder, spring="", rest="")
    done = segmentation(folder, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def campaigns(project: Path, decision: str = "", **more: str) -> None:
    lines = [f"  {name}: {CAMPAIGN.format(more=text)}\n" for name, text in more.items()]
    (project / "config" / "campaigns.yaml").write_text("campaigns:\n" + "".join(lines) + decision)


def preview(project: Path, *arguments: str, code: int = 0) -> str:
    done = segmentation(project, "audience", "preview", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + (done.stderr if code else "")


def contents(project: Path) -> dict[str, str]:
    files = [path for path in (project / "data").rglob("*") if path.is_file() and path.suffix != ".lock"]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_nothing_is_written_and_the_same_again_changes_nobody(project: Path) -> None:
    before = contents(project)
    found = json.loads(preview(project, "spring", "--json"))
    assert contents(project) == before
    made = query(project, "SELECT arm, count(*) FROM campaign_audiences WHERE campaign = 'spring' GROUP BY arm ORDER BY arm")
    assert found["arms"] == dict(made)
    assert found["change"] == {"as_of": "2026-06-30", "entering": 0, "leaving": 0, "staying": found["arms"]["treatment"]}
    funnel = query(project, "SELECT step, left_out FROM campaign_funnel WHERE campaign = 'spring' ORDER BY step_number")
    assert [(row["step"], row["left_out"]) for row in found["funnel"]] == [tuple(row) for row in funnel]


def test_a_change_of_the_file_is_seen_before_a_run(project: Path) -> None:
    """A limit, a cost and a value, and another campaign that goes first."""
    before = json.loads(preview(project, "spring", "--json"))
    limited = ", limit: 20, cost_per_contact: 0.50, value: 0.1 * monetary, value_assumption: one in ten buys the same again"
    campaigns(project, "decision: {by: priority}\n", rest=", limit: 9, priority: 1", spring=limited)
    try:
        found = json.loads(preview(project, "spring", "--json"))
        told = preview(project, "spring")
    finally:
        campaigns(project, spring="", rest="")
    assert sum(found["arms"].values()) == 20 and found["cost"] == 0.5 * found["arms"]["treatment"] and found["gain"] > 0
    assert (
        found["change"]["leaving"] > 0 and found["change"]["staying"] == found["arms"]["treatment"] - found["change"]["entering"]
    )
    [overlap] = found["overlaps"]
    assert (overlap["campaign"], overlap["passed_both"]) == ("rest", sum(before["arms"].values()))
    assert overlap["contacted_by_both"] == 0
    [lost] = [row["left_out"] for row in found["funnel"] if row["step"] == "lost_to"]
    assert 0 < lost <= 9 and f"to rest {lost}" in told and "one in ten buys the same again" in told


def test_customers_are_masked(project: Path) -> None:
    told = preview(project, "spring")
    assert "c***" in told and not any(name in told for name in PEOPLE)


def test_mistakes_are_told_with_the_cure(project: Path, tmp_path: Path) -> None:
    assert "Did you mean 'spring'?" in preview(project, "sprnig", code=1)
    empty = orders_alone(tmp_path, "order_id,customer_id,ordered_at,amount\n1,a,2026-01-01,5\n")
    campaigns(empty, spring="")
    assert "Run 'segmentation run' first." in preview(empty, "spring", code=1)


def test_what_was_configured_since_the_last_run_is_told_as_missing(project: Path) -> None:
    """A source that no rule names, and a segmentation that a rule reads."""
    sources, segmentations = project / "config" / "sources.yaml", project / "config" / "segmentations.yaml"
    before = {path: path.read_text() if path.exists() else None for path in (sources, segmentations)}
    (project / "data" / "people" / "products.csv").write_text("product_id,category\np1,garden\n")
    try:
        sources.write_text(sources.read_text().rstrip().removesuffix("}") + ", products: {files: data/people/products.csv}}\n")
        assert "the last run did not read products. Run 'segmentation run' first." in preview(project, "spring", code=1)
        sources.write_text(str(before[sources]))
        segment = "{kind: rules, title: T, segments: [{name: often, when: frequency >= 2}, {name: once, when: frequency < 2}]}"
        segmentations.write_text(f"segmentations:\n  fresh: {segment}\n")
        (project / "config" / "campaigns.yaml").write_text(
            "campaigns: {spring: {title: T, channel: email, audience: fresh = 'often', rank_by: monetary}}\n"
        )
        told = preview(project, "spring", code=1)
        assert "campaign 'spring' reads fresh, which the last run did not make. Run 'segmentation run' first." in told
    finally:
        for path, text in before.items():
            path.write_text(text) if text is not None else path.unlink(missing_ok=True)
        campaigns(project, spring="", rest="")


def test_a_list_that_was_issued_again_and_holds_nobody_is_the_last_one(project: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(project, again)
    file = again / "config" / "campaigns.yaml"
    file.write_text(file.read_text().replace("audience: frequency >= 1", "audience: frequency >= 99", 1))
    for command in (["audience", "seal", "spring"], ["run", "--reissue", "spring"]):
        done = segmentation(again, *command)
        assert done.returncode == 0, done.stdout + done.stderr
    campaigns(again, spring="", rest="")
    found = json.loads(preview(again, "spring", "--json"))
    assert found["change"] == {"as_of": "2026-06-30", "entering": found["arms"]["treatment"], "leaving": 0, "staying": 0}
