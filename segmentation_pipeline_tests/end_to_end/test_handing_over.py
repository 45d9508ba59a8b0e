"""From a list to a contact: sealed, checked before sending, and made again as a version beside it."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest

from segmentation_pipeline.campaigns.seal import sealed
from segmentation_pipeline_tests.end_to_end.nights import night
from segmentation_pipeline_tests.end_to_end.project import orders_alone, query, segmentation

pytestmark = pytest.mark.slow

CAMPAIGN = "{{title: T, channel: email, audience: frequency >= 1, rank_by: frequency, holdout_share: 0.3{more}}}"
PEOPLE = [f"c{n:02}" for n in range(30)]
DAY, NEXT = "2026-06-03", "2026-06-04"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Thirty customers with an order, an address and consent each."""
    orders = "".join(f"{n},{name},2026-01-{1 + n % 28:02},10\n" for n, name in enumerate(PEOPLE))
    folder = orders_alone(tmp_path, "order_id,customer_id,ordered_at,amount\n" + orders)
    people = folder / "data" / "people"
    people.mkdir()
    (people / "customers.csv").write_text("customer_id,email\n" + "".join(f"{name},{name}@example.org\n" for name in PEOPLE))
    grants = "".join(f"{name},email,marketing,granted,2026-01-01T10:00:00\n" for name in PEOPLE)
    (people / "consents.csv").write_text("customer_id,channel,purpose,status,occurred_at\n" + grants)
    (people / "restrictions.csv").write_text("customer_id,restricted_at\nc99,2026-01-01\n")
    raw = (folder / "data" / "raw").relative_to(folder)
    names = ("customers", "consents", "restrictions")
    sources = {"orders": f"{raw}/*.csv"} | {name: f"data/people/{name}.csv" for name in names}
    listed = ", ".join(f"{name}: {{files: {files}}}" for name, files in sources.items())
    (folder / "config" / "sources.yaml").write_text(f"sources: {{{listed}}}\n")
    campaigns(folder, spring="")
    return folder


def campaigns(project: Path, **more: str) -> None:
    lines = [f"  {name}: {CAMPAIGN.format(more=text)}\n" for name, text in more.items()]
    (project / "config" / "campaigns.yaml").write_text("campaigns:\n" + "".join(lines))


def say(project: Path, *arguments: str, code: int = 0) -> str:
    done = segmentation(project, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def files(project: Path, name: str, day: str = DAY) -> dict[str, bytes]:
    folder = project / "data" / "audiences" / day / name
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "revoked.csv"}


def listed(project: Path, name: str, day: str = DAY, file: str = "audience.csv") -> set[str]:
    with (project / "data" / "audiences" / day / name / file).open(newline="") as opened:
        return {row["customer_id"] for row in csv.DictReader(opened)}


def test_a_list_is_sealed_checked_sent_once_and_made_again_beside_itself(project: Path) -> None:
    assert "there is no list yet" in say(project, "audience", "verify", code=1)
    say(project, "run", "--as-of", DAY)
    sent = files(project, "spring")
    first = listed(project, "spring")
    assert 10 < len(first) < 30
    assert "not frozen" in say(project, "run", "--as-of", DAY, "--reissue", "spring", code=1)
    assert "sealed spring of 2026-06-03" in say(project, "audience", "seal", "spring")

    # Sealed by name: the campaign changes, another is new, and the day is run again.
    campaigns(project, lent=", limit: 2, formerly: [spring]", summer="")
    night(project, DAY)
    assert files(project, "spring") == sent
    assert listed(project, "summer") and not (project / "data" / "audiences" / DAY / "lent").exists()
    assert dict(query(project, "SELECT campaign, count(*) FROM campaign_audiences GROUP BY 1")) == {"spring": 30, "summer": 30}

    # Nobody has objected; then one does by name, one by the address in the file, and one has processing restricted.
    assert "Nobody on these lists has objected" in say(project, "audience", "verify")
    objector, other, restricted = sorted(first)[:3]
    with (project / "data" / "people" / "restrictions.csv").open("a") as file:
        file.write(f"{restricted},2026-06-04\n")
    ledger = project / "data" / "people" / "consents.csv"
    ledger.write_text(
        ledger.read_text()
        + f"{objector},email,marketing,withdrawn,2026-06-05T00:30:00\n{other}@example.org,email,marketing,withdrawn,2026-06-05\n"
    )
    (project / "data" / "people" / "customers.csv").write_text(
        (project / "data" / "people" / "customers.csv").read_text().replace(f"{other}@example.org", f"{other}@example.net")
    )
    told = say(project, "audience", "verify", "spring", code=3)
    assert "consent: 2, suppression: 1" in told and objector not in told, "ids are masked"
    revoked = project / "data" / "audiences" / DAY / "spring" / "revoked.csv"
    assert listed(project, "spring", file="revoked.csv") == {objector, other, restricted}
    assert revoked.stat().st_mode & 0o077 == 0
    assert files(project, "spring") == sent
    assert list((project / "data" / "tmp").iterdir()) == []

    # The next night nobody gets either message again; the list of the day before gets a version without the objector.
    night(project, NEXT)
    assert listed(project, "lent", NEXT) == listed(project, "summer", NEXT) == set()
    campaigns(project, lent=", formerly: [spring]", summer="")
    night(project, DAY, reissue=frozenset({"lent"}))
    assert files(project, "spring") == sent
    assert listed(project, "lent.v2") == first - {objector, restricted}, (
        "the other is reached at a new address, which has objected to nothing"
    )
    assert listed(project, "lent.v2", file="removed.csv") == {objector, restricted}
    arms = query(
        project,
        "SELECT customer_id FROM campaign_audiences WHERE campaign_key = 'spring' GROUP BY 1 HAVING count(DISTINCT arm) > 1",
    )
    assert arms == []
    notes = [(e["event"], e["as_of"], e["campaign"], e["version"]) for e in events(project)]
    assert ("sealed", DAY, "spring", 1) in notes and ("reissued", DAY, "lent", 2) in notes
    assert "reissued" in say(project, "audience", "log", "--as-of", DAY)

    # Somebody changed the file by hand: that is told too.
    with (project / "data" / "audiences" / DAY / "summer" / "audience.csv").open("a") as file:
        file.write('"c00",99,"c00@example.org",,\n')
    assert "changed" in say(project, "audience", "verify", "summer", "--as-of", DAY, code=3)


def test_a_platforms_files_are_sealed_and_verified_with_the_list(project: Path) -> None:
    content = ", profile: klaviyo, content: {stage: lifecycle, offer: {text: SPRING10}, why: reason}"
    campaigns(project, spring=content, bare="")
    (project / "config" / "privacy.yaml").write_text("fairness: {groups: [gender]}\n")
    night(project, DAY)
    assert query(project, "SELECT campaign, customer_group, measure, people, flag FROM audience_fairness ORDER BY ALL") == [
        (name, "unknown", measure, 30, "too_few") for name in ("bare", "spring") for measure in ("chosen", "contacted")
    ]
    folder = project / "data" / "audiences" / DAY / "spring"
    with (folder / "klaviyo.csv").open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert {row["Email Address"].split("@")[0] for row in rows} == listed(project, "spring")
    assert {(row["Consent"], row["offer"]) for row in rows} == {('["email"]', "SPRING10")}
    assert {row["stage"] for row in rows} == {"lost"} and all("rule holds" in row["why"] for row in rows)
    assert set(files(project, "bare")) == {"audience.csv", "added.csv", "removed.csv", "manifest.json"}

    assert "Nobody on these lists has objected" in say(project, "audience", "verify")
    say(project, "audience", "seal", "spring")
    objector = min(listed(project, "spring"))
    ledger = project / "data" / "people" / "consents.csv"
    ledger.write_text(ledger.read_text() + f"{objector},email,marketing,withdrawn,2026-06-05T00:30:00\n")
    say(project, "audience", "verify", "spring", code=3)
    assert (folder / "klaviyo.revoked.csv").read_text().splitlines() == ["Email Address", f'"{objector}@example.org"']
    assert (folder / "klaviyo.revoked.csv").stat().st_mode & 0o077 == 0

    # Changed by hand: a file for the platform; then the manifest too, with a seal that fits: the log knows another.
    with (folder / "klaviyo.csv").open("a") as file:
        file.write('"c00@example.org",,,"[""email""]","lost","SPRING10",""\n')
    assert "klaviyo.csv is not the file its manifest tells of" in say(project, "audience", "verify", "spring", code=3)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["klaviyo.csv"]["sha256"] = hashlib.sha256((folder / "klaviyo.csv").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert "the seal of manifest.json is broken" in say(project, "audience", "verify", "spring", code=3)
    (folder / "manifest.json").write_text(json.dumps(sealed(manifest)))
    assert "the seal of manifest.json is broken" in say(project, "audience", "verify", "spring", code=3)


def events(project: Path) -> list[dict]:
    return [json.loads(line) for line in (project / "data" / "audience_log.jsonl").read_text().splitlines()]
