"""Night after night, while ledgers grow, lose rows and are put right: no list has anybody of whom a no is known when it is
made, and no list changes once a later one is there."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.project import segmentation
from segmentation_pipeline_tests.properties.messy_worlds import Worlds
from segmentation_pipeline_tests.properties.paper_gate import AS_OF, verdict

pytestmark = pytest.mark.long

NIGHTS = (AS_OF, "2026-07-01", "2026-07-02")
CAMPAIGNS = (
    "campaigns:\n"
    "  news: {title: News, channel: email, audience: frequency >= 1, rank_by: monetary, holdout_share: 0.0, quiet_days: 0, "
    "repeat: {after_days: 1}}\n"
    "  members: {title: Members, kind: standing, channel: email, audience: frequency >= 1, rank_by: monetary, "
    "holdout_share: 0.0, quiet_days: 0}\n"
)


def digests(project: Path, day: str) -> dict[str, str]:
    folder = project / "data" / "audiences" / day
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


def ran(project: Path, day: str) -> None:
    done = segmentation(project, "run", "--as-of", day, "--accept-shrunk", "all")
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_list_of_any_night_has_somebody_whose_no_is_known_and_none_ever_changes(tmp_path: Path) -> None:
    worlds = Worlds(400, seed=77)
    worlds.write(tmp_path)
    (tmp_path / "config" / "campaigns.yaml").write_text(CAMPAIGNS)
    sent: dict[str, dict[str, str]] = {}
    barred_before: set[str] = set()
    for night in NIGHTS:
        if night != AS_OF:
            worlds.next_night(night)
            worlds.deliver(tmp_path)
        wanted = verdict(tmp_path, night)
        ran(tmp_path, night)
        for campaign in ("news", "members"):
            with (tmp_path / "data" / "audiences" / night / campaign / "audience.csv").open(newline="") as file:
                rows = list(csv.DictReader(file))
            contacted, addresses = {row["customer_id"] for row in rows}, {row["email"] for row in rows}
            assert contacted & wanted.barred == set(), (night, campaign)
            assert addresses & wanted.addresses == set(), (night, campaign)
            reached = wanted.reached(contacted, addresses)
            assert {key for key in wanted.willing if wanted.person[key] not in reached} == set(), (night, campaign)
        assert night == AS_OF or wanted.barred - barred_before, "a night brings noes"
        assert night == AS_OF or barred_before - wanted.barred, "and takes some back"
        barred_before = wanted.barred
        for earlier, before in sent.items():
            assert digests(tmp_path, earlier) == before, f"the lists of {earlier} after {night}"
        sent[night] = digests(tmp_path, night)

    # Nor does an earlier day change its lists when it is run again, whatever is known now.
    ran(tmp_path, AS_OF)
    assert {night: digests(tmp_path, night) for night in NIGHTS} == sent
