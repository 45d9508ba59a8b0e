"""Published tables and audience files in a real S3-compatible server."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from segmentation_pipeline.connections.place import ConnectionProblem
from segmentation_pipeline.destinations.object_store import ObjectStoreConfig, ObjectStoreDestination
from segmentation_pipeline_tests.destinations.publication import write_publication
from segmentation_pipeline_tests.services.s3_server import S3Server


def lake(s3: S3Server, bucket: str, *, audiences: bool = False) -> ObjectStoreDestination:
    options = {"key_env": "S3_KEY", "secret_env": "S3_SECRET", "endpoint_url": s3.url}
    return ObjectStoreDestination(ObjectStoreConfig(url=f"s3://{bucket}/shop", storage_options=options, audiences=audiences))


@pytest.fixture
def audiences(tmp_path: Path) -> Path:
    folder = tmp_path / "audiences"
    for day in ("2026-06-29", "2026-06-30"):
        (folder / day / "win_back").mkdir(parents=True)
        (folder / day / "win_back" / "audience.csv").write_text(f"email\nann@example.org,{day}\n")
    return folder


def manifest(s3: S3Server, bucket: str) -> dict:
    return json.loads(s3.files.cat_file(f"{bucket}/shop/current.json"))


def test_tables_arrive_and_the_manifest_names_them(s3: S3Server, bucket: str, tmp_path: Path, audiences: Path) -> None:
    path = write_publication(tmp_path)
    delivered = lake(s3, bucket).deliver(path, audiences)
    assert delivered.changed
    current = manifest(s3, bucket)
    assert current["tables"] == {"customer_profile": 3, "customer_segments": 3, "publication": 1}
    assert current["folder"].startswith("2026-06-30/")
    table = pq.read_table(io.BytesIO(s3.files.cat_file(f"{bucket}/shop/{current['folder']}/customer_profile.parquet")))
    assert table["customer_id"].to_pylist() == ["C0", "C1", "C2"]
    assert not any("audience" in name for name in s3.files.find(bucket)), "contact data leaves only when asked for"
    again = lake(s3, bucket).deliver(path, audiences)
    assert not again.changed and again.files == 0


def test_audience_files_of_the_day_when_asked_for(s3: S3Server, bucket: str, tmp_path: Path, audiences: Path) -> None:
    path = write_publication(tmp_path)
    lake(s3, bucket, audiences=True).deliver(path, audiences)
    first = manifest(s3, bucket)
    assert first["audiences"] == ["win_back/audience.csv"]
    sent = s3.files.cat_file(f"{bucket}/shop/{first['folder']}/audiences/win_back/audience.csv")
    assert sent == (audiences / "2026-06-30" / "win_back" / "audience.csv").read_bytes()
    (audiences / "2026-06-30" / "win_back" / "audience.csv").write_text("email\n")
    lake(s3, bucket, audiences=True).deliver(path, audiences)
    second = manifest(s3, bucket)
    assert second["folder"] != first["folder"], "files someone reads are never rewritten"
    assert s3.files.exists(f"{bucket}/shop/{first['folder']}/customer_profile.parquet")


def test_a_missing_bucket_is_told_and_not_made(s3: S3Server, bucket: str, tmp_path: Path, audiences: Path) -> None:
    with pytest.raises(ConnectionProblem, match=r"destination object_store: .*there is no such bucket"):
        lake(s3, "no-such-bucket").deliver(write_publication(tmp_path), audiences)
    assert not s3.files.exists("no-such-bucket")


def test_a_folder_will_do(tmp_path: Path, audiences: Path) -> None:
    destination = ObjectStoreDestination(ObjectStoreConfig(url=f"file://{tmp_path}/share"))
    assert destination.connection_test() == "reached, nothing there yet"
    destination.deliver(write_publication(tmp_path), audiences)
    current = json.loads((tmp_path / "share" / "current.json").read_text())
    assert (tmp_path / "share" / current["folder"] / "customer_profile.parquet").is_file()
    assert destination.connection_test() == f"holds {current['folder']}"


def test_an_interrupted_delivery_goes_on_with_the_lists_that_are_not_there_whole(tmp_path: Path, audiences: Path) -> None:
    destination = ObjectStoreDestination(ObjectStoreConfig(url=f"file://{tmp_path}/share", audiences=True))
    publication = write_publication(tmp_path)
    local = audiences / "2026-06-30" / "win_back"
    (local / "klaviyo.csv").write_text("Email Address\na@mail.test\n")
    destination.deliver(publication, audiences)
    there = (
        tmp_path / "share" / json.loads((tmp_path / "share" / "current.json").read_text())["folder"] / "audiences" / "win_back"
    )
    # As if it had been killed within the second file: nothing names the folder, one file is there whole and one in part.
    (tmp_path / "share" / "current.json").unlink()
    (there / "klaviyo.csv").write_text("Email")
    os.utime(there / "audience.csv", (1, 1))
    assert destination.deliver(publication, audiences).changed
    assert (there / "klaviyo.csv").read_text() == "Email Address\na@mail.test\n"
    assert (there / "audience.csv").stat().st_mtime == 1, "what is there is not sent again"
    assert not destination.deliver(publication, audiences).changed
