"""Those who received data of an erased person lose what can be erased there, and are told whom to remove."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from segmentation_pipeline.destinations.object_store import ObjectStoreConfig, ObjectStoreDestination
from segmentation_pipeline.privacy.tombstones import Kind
from segmentation_pipeline.rights.audience_files import erase_in_audiences
from segmentation_pipeline.rights.outcome import as_certified, unfinished
from segmentation_pipeline.rights.recipients import Receipt, erase_at_destinations
from segmentation_pipeline_tests.clean.project import config
from segmentation_pipeline_tests.destinations.publication import write_publication
from segmentation_pipeline_tests.rights.stones import as_tombstones
from segmentation_pipeline_tests.services.s3_server import S3Server

STONES = as_tombstones(b"k" * 32, datetime(2026, 7, 1), {Kind.CUSTOMER: ["c1"]})


def project(url: str, options: dict[str, str]):
    settings = {"url": url, "storage_options": options, "audiences": True}
    made = config({"orders": {}}, destinations={"object_store": settings})
    return made, ObjectStoreDestination(ObjectStoreConfig.model_validate(settings))


def test_older_deliveries_lose_the_person_and_the_store_says_whom_to_remove(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    options = {"key_env": "S3_KEY", "secret_env": "S3_SECRET", "endpoint_url": s3.url}
    made, destination = project(f"s3://{bucket}/shop", options)
    audiences = tmp_path / "audiences"
    listed = audiences / "2026-06-30" / "win_back" / "audience.csv"
    listed.parent.mkdir(parents=True)
    listed.write_text('customer_id,rank,email\n"C1",1,"ann@canary.test"\n"C2",2,"bob@other.test"\n')
    path = write_publication(tmp_path)
    destination.deliver(path, audiences)

    erased = erase_in_audiences(audiences, tmp_path, STONES)
    assert listed.read_text() == 'customer_id,rank,email\n"C2",2,"bob@other.test"\n'
    assert erased.removed
    # As when an earlier try did not reach the store: the list is made of what the store itself was sent.
    [receipt] = erase_at_destinations(made, path, audiences, STONES, (), "000001-abc", tmp_path / "tmp")
    assert receipt.reached, receipt.told
    [again] = erase_at_destinations(made, path, audiences, STONES, erased.removed, "000001-abc", tmp_path / "tmp")
    assert again.told.startswith("0 objects"), again.told
    found = s3.files.find(bucket)
    parquet = [name for name in found if name.endswith("customer_profile.parquet")]
    assert parquet
    for name in parquet:
        assert pq.read_table(io.BytesIO(s3.files.cat_file(name)))["customer_id"].to_pylist() == ["C0", "C2"]
    lists = [name for name in found if name.endswith("audience.csv")]
    assert lists
    assert all(b"C1" not in s3.files.cat_file(name) for name in lists)
    told = s3.files.cat_file(f"{bucket}/shop/removed/000001-abc.csv").decode()
    assert (
        told
        == "as_of,campaign,customer_id,email,phone,email_sha256,phone_sha256,profile,found_by\n2026-06-30,win_back,C1,ann@canary.test,,,,,\n"
    )
    assert not list((tmp_path / "tmp").iterdir())


def test_a_store_that_does_not_answer_is_told_and_stops_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    made, _ = project("s3://nowhere/shop", {"key_env": "NO_SUCH_KEY"})
    path = write_publication(tmp_path)
    [receipt] = erase_at_destinations(made, path, tmp_path / "audiences", STONES, (), "000001-abc", tmp_path / "tmp")
    assert not receipt.reached
    assert "NO_SUCH_KEY" in receipt.told
    assert "remove the person there by hand" in receipt.told


def test_an_erasure_is_complete_when_every_recipient_was_reached_and_not_before() -> None:
    told = {
        "erasures": ["000001-abc"],
        "people": 1,
        "tables_left": {},
        "published_left": {},
        "records_left_in_own_files": {},
        "read_again": {},
        "files_holding_a_spelling": [],
        "unread_files_holding_a_spelling": [],
        "not_rewritten": [],
        "recipients": [{"destination": "object_store", "reached": False, "told": "no answer"}],
    }
    assert unfinished([told]) == [told]
    assert not as_certified(told, [Receipt("object_store", False, "no answer")]).complete
    assert as_certified(told, [Receipt("object_store", True, "done")]).complete
    assert not as_certified({**told, "tables_left": {"raw.orders": 1}}, []).complete, "what was left is left still"
    assert unfinished([told, {**told, "recipients": []}]) == [], "the last certificate counts"
    unwritten = {**told, "recipients": [], "not_rewritten": ["a.csv: no space"]}
    assert unfinished([unwritten]) == [unwritten], "nor is it while a file could not be rewritten"
