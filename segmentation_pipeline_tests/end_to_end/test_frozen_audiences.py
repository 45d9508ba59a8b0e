"""What was sent stays as it was sent: other files, another configuration and backfills change no earlier day's list."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.nights import night
from segmentation_pipeline_tests.end_to_end.project import orders_alone, query, segmentation

pytestmark = pytest.mark.long

HEADER = "order_id,customer_id,ordered_at,amount\n"
SPRING = "  spring: {title: Spring, channel: email, audience: frequency >= 1, rank_by: frequency, holdout_share: 0.3}\n"
SUMMER = "  summer: {title: Summer, channel: email, audience: frequency >= 1, rank_by: frequency, limit: 5}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Thirty customers with an order each; everybody may be written to."""
    orders = "".join(f"{n},c{n:02},2026-01-{1 + n % 28:02},10\n" for n in range(30))
    folder = orders_alone(tmp_path, HEADER + orders)
    raw, config = folder / "data" / "raw", folder / "config"
    (folder / "data" / "people").mkdir()
    people = "".join(f"c{n:02},c{n:02}@example.org\n" for n in range(30))
    (folder / "data" / "people" / "customers.csv").write_text("customer_id,email\n" + people)
    (config / "sources.yaml").write_text(
        f"sources: {{orders: {{files: {raw.relative_to(folder)}/*.csv}}, customers: {{files: data/people/customers.csv}}}}\n"
    )
    (config / "privacy.yaml").write_text("consent: not_required\nconsent_not_required_reason: a test\n")
    (config / "campaigns.yaml").write_text(f"campaigns:\n{SPRING}")
    return folder


def run(project: Path, *arguments: str) -> str:
    done = segmentation(project, "run", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sent(project: Path, day: str) -> tuple[dict[str, bytes], list[tuple], list[tuple]]:
    """The day's files with their bytes, and its published rows."""
    folder = project / "data" / "audiences" / day
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    audience, funnel = (
        query(project, f"FROM {table} WHERE as_of = '{day}' ORDER BY ALL") for table in ("campaign_audiences", "campaign_funnel")
    )
    return files, audience, funnel


def test_earlier_lists_stay_whatever_changes_and_the_newest_day_is_made_again(project: Path) -> None:
    run(project, "--from", "2026-06-02", "--as-of", "2026-06-03")
    assert not (project / "data" / "audiences" / "2026-06-02").exists(), "a backfill's last day alone makes audiences"
    assert query(project, "SELECT DISTINCT as_of::VARCHAR FROM campaign_audiences") == [("2026-06-03",)]
    assert query(project, "SELECT min(valid_from)::VARCHAR FROM segment_history") == [("2026-06-02",)]
    night(project, "2026-06-04")
    third, fourth = sent(project, "2026-06-03"), sent(project, "2026-06-04")
    assert len(third[0]) == 4 and len(third[1]) == 30 and third[2]

    # The campaign is gone, another is new, and everybody has moved their mailbox: nothing of that reaches a list that was sent.
    (project / "config" / "campaigns.yaml").write_text(f"campaigns:\n{SUMMER}")
    people = project / "data" / "people" / "customers.csv"
    people.write_text(people.read_text().replace("example.org", "example.net"))
    told = run(project, "--as-of", "2026-06-03")
    assert "audiences left as they were: a later day, 2026-06-04, has run" in told
    night(project, "2026-06-03", full=True)
    night(project, "2026-06-02")
    assert sent(project, "2026-06-03") == third
    assert sent(project, "2026-06-04") == fourth
    assert not (project / "data" / "audiences" / "2026-06-02").exists()

    # The newest day is nobody's past yet: it is made anew, without what is no longer configured.
    assert "left as they were" not in run(project, "--as-of", "2026-06-04")
    files, audience, _ = sent(project, "2026-06-04")
    assert {name.split("/")[0] for name in files} == {"summer"}
    assert {row[1] for row in audience} == {"summer"}
    assert sent(project, "2026-06-03") == third
