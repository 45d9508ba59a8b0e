"""Whoever is erased is nowhere: not in a table, not in the bytes of a file, and not after any later run."""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
from pathlib import Path

import pytest

from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.end_to_end.nights import night
from segmentation_pipeline_tests.end_to_end.project import query, segmentation
from segmentation_pipeline_tests.rights.canaries import canary_shop, files_with, holding, mentions, phone

pytestmark = pytest.mark.slow


def nowhere(project: Path, word: str, leave: str) -> None:
    """Fail when the word, or a number only its person has, stands in a text of a table or in the bytes of a file."""
    data = project / "data"
    sought = (word, phone(word, 1)[-7:], phone(word, 1).replace(" ", ""))
    for path in (data / "warehouse.duckdb", data / "published" / "segmentation.duckdb"):
        assert holding(path, *sought) == []
    assert files_with(data, *sought, leave=leave) == []
    for path in (project / "secrets").iterdir():
        assert word not in path.read_text().lower()


def digests(project: Path) -> dict[str, str]:
    files = [path for path in sorted((project / "data").rglob("*")) if path.is_file() and "dagster" not in path.parts]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def ran(project: Path, *arguments: str) -> str:
    done = segmentation(project, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join(done.stdout.split())


def test_forget_leaves_no_byte_and_nothing_comes_back(tmp_path: Path) -> None:
    project = canary_shop(tmp_path / "shop", "canari", "willingo")
    ran(project, "run")
    data = project / "data"
    assert len(holding(data / "warehouse.duckdb", "canari")) > 400, (
        "the canaries are in every source, clean, refused and superseded"
    )

    assert Settings(project).report.exists()
    said = ran(project, "forget", "canarikey02")
    assert "Erased: nothing of the person was found" in said
    assert "removed: the report" in said and not Settings(project).report.exists()
    nowhere(project, "canari", leave="raw/")
    assert stat.S_IMODE((project / "secrets" / "tombstone.key").stat().st_mode) == 0o600
    [certificate] = [json.loads(line) for line in (project / "secrets" / "erasures.jsonl").read_text().splitlines()]
    assert certificate["complete"] is True
    assert certificate["accounts"] == 2, "both accounts of the person"
    assert certificate["tables"]["pii.customers_raw"] == {"before": 40, "after": 32, "blotted": 0}
    assert certificate["tables"]["raw.support"]["blotted"] == 2
    assert certificate["read_again"]["data/raw/orders.csv"] == {
        "records": 62, "left_out": 7, "mentions": 0, "later": 0, "found": 0,
    }  # fmt: skip

    # The files of the shop are as they were, and yet nothing comes back.
    night(project, "2026-06-30")
    nowhere(project, "canari", leave="raw/")
    left_out = sum(file["left_out"] for file in certificate["read_again"].values())
    sums = "SELECT sum(erased), sum(read - clean - quarantined - superseded - later - erased) FROM row_accounting"
    assert query(project, sums) == [(left_out, 0)], "what the certificate says of the files is what a run leaves out"
    assert query(project, "SELECT count(*) FROM customer_profile WHERE customer_id LIKE 'willingo%'") == [(1,)]
    assert "1 certificates, none changed or missing" in ran(project, "forget", "--verify")


@pytest.mark.wide
def test_a_person_asked_for_by_address_leaves_lists_and_the_files_of_the_shop_too(tmp_path: Path) -> None:
    project = canary_shop(tmp_path / "shop", "canari", "willingo")
    ran(project, "run")
    data = project / "data"
    manifest = data / "audiences" / "2026-06-30" / "news" / "manifest.json"
    sent = json.loads(manifest.read_text())
    assert "willingo" in (manifest.parent / "audience.csv").read_text()
    removed = tmp_path / "removed.csv"
    ran(project, "forget", "--email", "Willingo.Mail1@willingo.example", "--rewrite-files", "--removed", str(removed))
    nowhere(project, "willingo", leave="")
    told = removed.read_text().splitlines()
    assert "2026-06-30,news,willingokey01,willingo.mail1@willingo.example,,,,," in told
    assert "2026-06-30,news,willingokey01,,,,,klaviyo,Email Address willingo.mail1@willingo.example" in told
    assert kept_klaviyo(manifest), "the others stay"
    assert mentions("canari") in (data / "raw" / "support.jsonl").read_text(), "the files lose the one person, and nothing else"
    kept = json.loads(manifest.read_text())
    content = (manifest.parent / "audience.csv").read_bytes()
    assert kept["files"]["audience.csv"] == {
        "rows": sent["files"]["audience.csv"]["rows"] - 1,
        "sha256": hashlib.sha256(content).hexdigest(),
        "erased": 1,
    }
    assert kept["content_sha256"] == kept["files"]["audience.csv"]["sha256"]
    changed = json.loads((project / "secrets" / "erasures.jsonl").read_text().splitlines()[-1])["files"]
    assert changed["data/audiences/2026-06-30/news/audience.csv"]["sha256_before"] == sent["content_sha256"]


def kept_klaviyo(manifest: Path) -> bool:
    """Whether the platform's file is the one its manifest tells of, one row shorter."""
    told = json.loads(manifest.read_text())["files"]["klaviyo.csv"]
    content = (manifest.parent / "klaviyo.csv").read_bytes()
    return told == {"rows": content.count(b"\n") - 1, "sha256": hashlib.sha256(content).hexdigest(), "erased": 1}


@pytest.mark.long
def test_a_returning_customer_is_known_again_and_not_written_to_before_a_new_yes(tmp_path: Path) -> None:
    project = canary_shop(tmp_path / "shop", "willingo")
    sources = ("customers", "orders", "consents")
    lines = "".join(f"  {name}: {{files: data/raw/{name}.{'jsonl' if name == 'consents' else 'csv'}}}\n" for name in sources)
    (project / "config" / "sources.yaml").write_text(f"sources:\n{lines}")
    night(project, "2026-06-01")
    warehouse, backup, before = project / "data" / "warehouse.duckdb", tmp_path / "backup.duckdb", digests(project)
    shutil.copy(warehouse, backup)
    assert "dry run: nothing was changed." in ran(project, "forget", "willingokey01", "--as-of", "2026-06-10", "--dry-run")
    assert digests(project) == before
    assert not (project / "secrets").exists()
    said = ran(project, "forget", "willingokey01", "--as-of", "2026-06-10")
    assert "data/raw/support.jsonl holds the person and is read by no source" in said

    # A warehouse from a backup knows nothing of the erasure: no run starts before it is carried out there.
    shutil.copy(backup, warehouse)
    done = segmentation(project, "run", "--as-of", "2026-06-30")
    assert done.returncode == 1
    assert "1 erasures are not carried out in this warehouse" in " ".join(done.stdout.split())
    assert "Run 'segmentation forget --resume'" in " ".join(done.stdout.split())
    ran(project, "forget", "--resume")
    assert holding(warehouse, "willingokey01") == []
    assert "nothing to resume" in ran(project, "forget", "--resume")

    raw = project / "data" / "raw"
    header = (raw / "orders.csv").read_text().splitlines()[0].split(",")
    later = {"order_id": "later", "customer_id": "willingokey01", "ordered_at": "2026-06-20 10:00:00", "amount": "30.00"}
    with (raw / "orders.csv").open("a") as file:
        file.write(",".join(later.get(name, "") for name in header) + "\n")
    night(project, "2026-06-30")
    profile = query(project, "SELECT customer_id, frequency, city FROM customer_profile WHERE customer_id LIKE 'willingokey01%'")
    assert profile == [("willingokey01", 1, None)], "the later order counts, the old record of the customer stays out"
    assert query(project, "SELECT count(*) FROM campaign_audiences WHERE customer_id LIKE 'willingokey01%'") == [(0,)]

    # The customer registers anew, and later says yes.
    names = (raw / "customers.csv").read_text().splitlines()[0].split(",")
    record = {"customer_id": "willingokey01", "signed_up_at": "2026-06-21", "email": "willingo.mail1@willingo.example"}
    with (raw / "customers.csv").open("a") as file:
        file.write(",".join(record.get(name, "") for name in names) + "\n")
    night(project, "2026-07-01")
    assert query(project, "SELECT count(*) FROM campaign_audiences WHERE customer_id LIKE 'willingokey01%'") == [(0,)]
    grant = {"customer_id": "willingokey01", "channel": "email", "purpose": "marketing", "status": "granted"}
    with (raw / "consents.jsonl").open("a") as file:
        file.write(json.dumps(grant | {"occurred_at": "2026-07-02 10:00:00"}) + "\n")
    night(project, "2026-07-02")
    listed = query(
        project,
        "SELECT customer_id FROM campaign_audiences WHERE customer_id LIKE 'willingokey01%' AND as_of = DATE '2026-07-02'",
    )
    assert listed == [("willingokey01",)]

    (project / "secrets" / "tombstone.key").unlink()
    done = segmentation(project, "run", "--as-of", "2026-07-03")
    assert done.returncode == 1
    assert "is missing: without it they would come back. Restore the file" in " ".join(done.stdout.split())
