"""Erasure where rows come from a database and an object store: the landed copies lose the person, and stay without."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import yaml

from segmentation_pipeline_tests.conftest import URL_ENV, Database
from segmentation_pipeline_tests.end_to_end.project import segmentation
from segmentation_pipeline_tests.rights.canaries import canary_shop, files_with, holding
from segmentation_pipeline_tests.rights.test_forget import ran
from segmentation_pipeline_tests.services.s3_server import S3Server

FROM_DATABASE, FROM_BUCKET, FROM_FILES = ("customers", "orders"), ("consents", "support"), ("suppressions", "identities")


def handed_over(project: Path, database: Database, s3: S3Server, bucket: str) -> None:
    """Take the files of the shop to a database and a bucket, and read them from there."""
    raw = project / "data" / "raw"
    options = {"key_env": "S3_KEY", "secret_env": "S3_SECRET", "endpoint_url": s3.url}
    sources: dict[str, object] = {name: {"files": f"data/raw/{name}.csv"} for name in FROM_FILES}
    for name in FROM_DATABASE:
        with (raw / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            header, *lines = csv.reader(file)
        database.run(f"CREATE TABLE {name} ({', '.join(f'{column} text' for column in header)})")
        for line in [line for line in lines if len(line) == len(header)]:
            values = ", ".join("NULL" if value == "" else "'" + value.replace("'", "''") + "'" for value in line)
            database.run(f"INSERT INTO {name} VALUES ({values})")
        sources[name] = {"database": {"url_env": URL_ENV, "table": f"public.{name}"}}
    for name in FROM_BUCKET:
        s3.files.pipe_file(f"{bucket}/in/{name}.jsonl", (raw / f"{name}.jsonl").read_bytes())
        sources[name] = {"files": f"s3://{bucket}/in/{name}.jsonl", "storage_options": dict(options)}
    for path in raw.iterdir():
        if path.name.split(".")[0] not in FROM_FILES:
            path.unlink()
    (project / "config" / "sources.yaml").write_text(yaml.safe_dump({"sources": sources}))


@pytest.mark.wide
def test_landed_copies_lose_the_person_and_what_the_origin_still_has_is_not_taken_in(
    database: Database, s3: S3Server, bucket: str, tmp_path: Path
) -> None:
    project = canary_shop(tmp_path / "shop", "canari", "willingo")
    handed_over(project, database, s3, bucket)
    ran(project, "run")
    data = project / "data"
    assert {name.split("/")[1] for name in files_with(data / "landing", "canari", leave="")} >= {"rows", "objects"}
    assert "Erased: nothing of the person was found" in ran(project, "forget", "canarikey01")
    assert files_with(data, "canari") == []
    [certificate] = [json.loads(line) for line in (project / "secrets" / "erasures.jsonl").read_text().splitlines()]
    assert any(name.startswith("data/landing/customers/rows/") for name in certificate["files"])
    assert any(name.startswith("data/landing/consents/objects/") for name in certificate["files"])

    # Everybody and everything is still at the origin: it is fetched, and not taken in.
    ran(project, "run", "--as-of", "2026-07-01")
    assert holding(data / "warehouse.duckdb", "canari") == []
    assert holding(data / "published" / "segmentation.duckdb", "canari") == []
    assert files_with(data / "audiences", "canari", leave="") == []

    # Erased at the origin too, nothing is left anywhere.
    for name in FROM_DATABASE:
        database.run(f"DELETE FROM {name} WHERE lower({name}::text) LIKE '%canari%'")
    for name in FROM_BUCKET:
        lines = s3.files.cat_file(f"{bucket}/in/{name}.jsonl").decode().splitlines(keepends=True)
        s3.files.pipe_file(f"{bucket}/in/{name}.jsonl", "".join(x for x in lines if "canari" not in x.lower()).encode())
    ran(project, "run", "--as-of", "2026-07-02", "--accept-shrunk", "all")
    assert files_with(data, "canari") == []
    assert "complete" in ran(project, "forget", "--resume")


@pytest.mark.slow
def test_on_spark_nobody_is_erased_and_it_says_so_before_anything_is_done(tmp_path: Path) -> None:
    project = canary_shop(tmp_path / "shop", "canari")
    with (project / "config" / "pipeline.yaml").open("a") as file:
        file.write("engine: {kind: spark}\n")
    done = segmentation(project, "forget", "canarikey01")
    assert done.returncode == 1
    assert "works on the DuckDB engine; on Spark erase the person at the origin" in " ".join((done.stdout + done.stderr).split())
    assert not (project / "secrets").exists()
    assert not (project / "data" / "warehouse.duckdb").exists()
