"""Objects of a real S3-compatible server arrive as they are, and only those that changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.connections.place import ConnectionProblem
from segmentation_pipeline.ingest.files import source_files
from segmentation_pipeline.landing.catalog import source_model
from segmentation_pipeline.landing.land import land
from segmentation_pipeline_tests.services.s3_server import SECRET, S3Server
from segmentation_pipeline_tests.services.sftp_server import PASSWORD, USER, sftp_server


def orders(s3: S3Server, *urls: str, **options: str) -> SourceConfig:
    storage = {"key_env": "S3_KEY", "secret_env": "S3_SECRET", "endpoint_url": s3.url} | options
    return source_model().model_validate({"files": urls, "storage_options": storage})


def test_new_changed_and_removed_objects(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    source = orders(s3, f"s3://{bucket}/orders/**/*.csv")
    s3.files.pipe({f"{bucket}/orders/a.csv": b"1", f"{bucket}/orders/2026/b.csv": b"2", f"{bucket}/orders/c.txt": b"3"})
    a, b = f"{bucket}/orders/a.csv", f"{bucket}/orders/2026/b.csv"
    assert land(tmp_path / "data/landing", "orders", source).fetched == (b, a)
    files = source_files(tmp_path, "orders", source)
    assert [file.name for file in files] == [f"data/landing/orders/objects/{b}", f"data/landing/orders/objects/{a}"]
    assert [file.path.read_bytes() for file in files] == [b"2", b"1"]

    assert land(tmp_path / "data/landing", "orders", source).fetched == (), "nothing changed"

    s3.files.pipe_file(a, b"4")  # of the same size
    s3.files.rm(b)
    landed = land(tmp_path / "data/landing", "orders", source)
    assert (landed.fetched, landed.removed) == ((a,), (b,))
    assert [file.path.read_bytes() for file in source_files(tmp_path, "orders", source)] == [b"4"]

    assert land(tmp_path / "data/landing", "orders", source, full=True).fetched == (a,)


def test_an_object_bigger_than_a_part_arrives_whole(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    content = bytes(range(256)) * 40_000
    s3.files.pipe_file(f"{bucket}/big.csv", content)
    land(tmp_path, "orders", orders(s3, f"s3://{bucket}/*.csv"))
    assert (tmp_path / "orders" / "objects" / bucket / "big.csv").read_bytes() == content


def test_urls_of_other_stores_need_no_driver(tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "a.csv").write_text("1")
    source = source_model().model_validate({"files": f"file://{tmp_path}/share/*.csv"})
    assert len(land(tmp_path / "landing", "orders", source).fetched) == 1
    assert land(tmp_path / "landing", "orders", source).fetched == ()


def test_files_of_an_sftp_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFTP_PASSWORD", PASSWORD)
    with sftp_server(tmp_path / "server") as server:
        (server.root / "out").mkdir()
        (server.root / "out" / "a.csv").write_text("1")
        options = {"username": USER, "password_env": "SFTP_PASSWORD", "known_hosts": str(server.known_hosts)}
        url = f"sftp://{server.host}:{server.port}/out/*.csv"
        source = source_model().model_validate({"files": url, "storage_options": options})
        assert land(tmp_path / "data/landing", "orders", source).fetched == ("/out/a.csv",)
        assert land(tmp_path / "data/landing", "orders", source).fetched == ()
    [file] = source_files(tmp_path, "orders", source)
    assert (file.name, file.path.read_text()) == ("data/landing/orders/objects/out/a.csv", "1")


def test_mistakes_are_one_line_without_secrets(
    s3: S3Server, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(source: SourceConfig) -> str:
        with pytest.raises(ConnectionProblem) as caught:
            land(tmp_path, "orders", source)
        message = str(caught.value)
        assert message.startswith("source 'orders': ")
        assert "\n" not in message and SECRET not in message
        return message

    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # the driver would try for ten seconds to reach what is not there
    url = f"s3://{bucket}/*.csv"
    assert f"no object matches {url}" in said(orders(s3, url))
    assert "there is no such bucket" in said(orders(s3, "s3://no-such-bucket/*.csv"))
    assert "the store cannot be reached" in said(orders(s3, url, endpoint_url="http://127.0.0.1:9"))
    assert "an option the driver does not know" in said(orders(s3, url, endpont="x"))
    monkeypatch.delenv("S3_SECRET")
    assert "the environment variable S3_SECRET (sources.orders.storage_options.secret_env) is not set" in said(orders(s3, url))
    absent = source_model().model_validate({"files": "gs://bucket/orders.csv"})
    assert "needs the Python package gcsfs, which is not installed. Install it: pip install gcsfs" in said(absent)
