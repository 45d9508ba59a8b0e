"""A run from PostgreSQL and S3 equals the run from files; what is published arrives there; nothing new is nothing to do."""

from __future__ import annotations

import json
import random
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import typer

from segmentation_pipeline.cli import dagster_home
from segmentation_pipeline.cli.check import check
from segmentation_pipeline.cli.daily_job import execute
from segmentation_pipeline.landing.land import land
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.settings import HOME_VARIABLE, Settings
from segmentation_pipeline_tests.conftest import URL_ENV, Database
from segmentation_pipeline_tests.end_to_end.project import SMALL_SEGMENTATIONS, all_rows, published, segmentation
from segmentation_pipeline_tests.services.postgres_server import PASSWORD
from segmentation_pipeline_tests.services.s3_server import SECRET, S3Server

pytestmark = pytest.mark.slow

PIPELINE = "business: {timezone: Europe/Berlin}\nrun: {as_of: 2026-03-31}\n"
COLUMNS = "columns: {order_id: order_no, customer_id: cust, ordered_at: placed, amount: total, updated_at: changed}"
PRODUCTS = "product_id,name,category\np1,Lamp,home\np2,Boot,shoes\n"


def _orders() -> list[tuple[str, str, str, str, str]]:
    """Sixty orders of ten customers, two of them sent twice as corrections."""
    draw = random.Random(5)
    rows = []
    for number in range(60):
        placed = datetime(2025, 4, 1) + timedelta(hours=draw.randrange(24 * 360))
        rows.append((f"o{number}", f"c{number % 10}", f"{placed}", f"{draw.randrange(1, 20000) / 100:.2f}", f"{placed}"))
    return [*rows, *((*row[:3], "1.00", str(datetime.fromisoformat(row[4]) + timedelta(hours=1))) for row in rows[:2])]


def _project(folder: Path, sources: str, pipeline: str = PIPELINE) -> Path:
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "sources.yaml").write_text(f"sources:\n{sources}")
    (folder / "config" / "pipeline.yaml").write_text(pipeline)
    (folder / "config" / "segmentations.yaml").write_text(SMALL_SEGMENTATIONS)
    return folder


def _run(project: Path) -> list[str]:
    """The errors of a run in this process: new ones would mostly import libraries."""
    settings = Settings(project)
    config = load_config(settings.config)
    dagster_home.prepare(settings)
    return execute(settings, config, date(2026, 3, 31)).errors


def _insert(database: Database, rows: list[tuple[str, ...]]) -> None:
    values = ", ".join(str(row) for row in rows)
    database.run("SET TimeZone = 'Europe/Berlin'", f"INSERT INTO orders VALUES {values}", "RESET TimeZone")


def _check(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(project))
    monkeypatch.setenv("COLUMNS", "240")
    check(connections=True)


def test_the_same_publication_from_databases_and_buckets_as_from_files(
    database: Database,
    s3: S3Server,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for variable in ("DAGSTER_HOME", HOME_VARIABLE):
        monkeypatch.setenv(variable, "")  # runs set them

    rows = _orders()
    files = _project(
        tmp_path / "files", f"  orders: {{files: data/raw/orders.csv, {COLUMNS}}}\n  products: {{files: data/raw/products.csv}}\n"
    )
    (files / "data" / "raw").mkdir(parents=True)
    (files / "data" / "raw" / "orders.csv").write_text(
        "order_no,cust,placed,total,changed\n" + "".join(",".join(row) + "\n" for row in rows)
    )
    (files / "data" / "raw" / "products.csv").write_text(PRODUCTS)
    assert _run(files) == []

    # In the database the same moments are instants, the amounts are exact numbers.
    database.run("CREATE TABLE orders (order_no text, cust text, placed timestamptz, total numeric(12,2), changed timestamptz)")
    *earlier, latest = sorted(rows, key=lambda row: row[-1])
    _insert(database, earlier)
    s3.files.pipe_file(f"{bucket}/in/products.csv", PRODUCTS.encode())
    options = f"storage_options: {{key_env: S3_KEY, secret_env: S3_SECRET, endpoint_url: '{s3.url}'}}"
    project = _project(
        tmp_path / "services",
        f"  orders:\n    database: {{url_env: {URL_ENV}, table: public.orders, cursor: {{column: changed}}}}\n    {COLUMNS}\n"
        f"  products:\n    files: s3://{bucket}/in/*.csv\n    {options}\n",
        f"{PIPELINE}destinations:\n  postgres: {{url_env: BI_DB_URL, schema: bi}}\n"
        f"  object_store:\n    url: s3://{bucket}/out\n    {options}\n",
    )
    monkeypatch.setenv("BI_DB_URL", database.url)
    _check(project, monkeypatch)
    said = "".join(capfd.readouterr())
    assert "5 columns to read" in said and "1 objects match" in said and "schema bi will be made" in said

    # Two landings: what came in between is added to what was there.
    source = load_config(project / "config").sources["orders"]
    assert land(project / "data" / "landing", "orders", source).rows == len(rows) - 1
    _insert(database, [latest])
    monkeypatch.setenv("BI_DB_URL", "postgresql://me:wrong-secret@127.0.0.1:9/shop")
    [error] = _run(project)
    assert error.startswith("destinations.postgres: destination postgres: the PostgreSQL server 127.0.0.1:9 cannot be reached")
    expected, found = all_rows(files), all_rows(project)
    for name in ("publication", "data_quality", "model_registry"):  # they hold fingerprints and file names
        assert len(expected.pop(name)) == len(found.pop(name))
    # Two landings are two files where one was: which is the last is said, and is all of the account that may differ.
    last = "file, the last being data/landing/orders/rows/000002-tied.parquet, then row"
    told = f"'updated_at where it is given, then {last}'"
    assert [told in row for row in found["row_accounting"]] == ["'orders'" in row for row in found["row_accounting"]]
    found["row_accounting"] = [row.replace(last, "row") for row in found["row_accounting"]]
    assert found == expected
    assert len(found["customer_profile"]) == 10
    manifest = json.loads(s3.files.cat_file(f"{bucket}/out/current.json"))
    assert manifest["tables"]["customer_profile"] == 10

    # Nothing new is nothing to make; but what was away gets what it missed.
    first = published(project).stat().st_mtime_ns
    monkeypatch.setenv("BI_DB_URL", database.url)
    assert _run(project) == []
    assert published(project).stat().st_mtime_ns == first
    assert database.rows("SELECT count(*), min(monetary) > 0 FROM bi.customer_profile") == [(10, True)]

    # And nothing is sent where all has arrived.
    database.run("UPDATE bi.customer_profile SET monetary = 0")
    assert _run(project) == []
    assert database.rows("SELECT sum(monetary)::int FROM bi.customer_profile") == [(0,)]

    # Secrets are nowhere: not on the screen, not in what the project keeps.
    kept = b"".join(path.read_bytes() for path in (project / "data").rglob("*") if path.is_file())
    said += "".join(capfd.readouterr())
    for secret in (PASSWORD, PASSWORD.replace("%", "%25"), "wrong-secret", SECRET):
        assert secret not in said and secret.encode() not in kept


def test_a_database_that_is_away_stops_the_run_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project = _project(tmp_path / "p", f"  orders:\n    database: {{url_env: {URL_ENV}, table: public.orders}}\n")
    monkeypatch.setenv(URL_ENV, "postgresql://me:wrong-secret@127.0.0.1:9/shop")
    with pytest.raises(typer.Exit):
        _check(project, monkeypatch)
    said = "".join(capfd.readouterr())
    assert "cannot be reached" in " ".join(said.split())
    run = segmentation(project, "run")
    assert run.returncode == 1
    assert "landing.orders: source 'orders': the PostgreSQL server 127.0.0.1:9 cannot be reached" in run.stdout
    said += run.stdout + run.stderr
    assert "Traceback" not in said and "wrong-secret" not in said
    kept = b"".join(path.read_bytes() for path in (project / "data").rglob("*") if path.is_file())
    assert b"wrong-secret" not in kept
