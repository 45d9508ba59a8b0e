"""What is odd is found, with its cure; what is well is not made a worry."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from segmentation_pipeline.alerts.alert import Alert
from segmentation_pipeline.config.schema import Config, PipelineConfig
from segmentation_pipeline.doctor import machine
from segmentation_pipeline.doctor.examine import examine
from segmentation_pipeline.doctor.finding import Finding, Level
from segmentation_pipeline.engine import lock
from segmentation_pipeline.engine.warehouse import open_warehouse
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.end_to_end.project import orders_alone, segmentation

NOW = datetime.now(UTC)
ORDERS = "order_id,customer_id,ordered_at,amount\no1,c1,2026-01-01,1\n"


@pytest.fixture
def shop(tmp_path: Path) -> Settings:
    return Settings(orders_alone(tmp_path / "shop", ORDERS))


def found(settings: Settings, variables: Mapping[str, str] | None = None) -> dict[str, Finding]:
    return {one.name: one for one in examine(settings, variables or {}, NOW)}


def with_pipeline(settings: Settings, text: str) -> None:
    with (settings.config / "pipeline.yaml").open("a") as file:
        file.write(text)


def test_a_new_project_has_nothing_wrong_but_that_it_never_ran(shop: Settings) -> None:
    assert {one.name: one.level for one in found(shop).values() if one.level is not Level.OK} == {"publication": Level.WARNING}


def test_it_works_without_the_writer_lock_and_says_who_has_it(shop: Settings) -> None:
    shop.data.mkdir(exist_ok=True)
    open_warehouse(shop, load_config(shop.config).pipeline.engine, 0, pytest.fail).close()
    shop.warehouse.chmod(0o600)
    with lock.writer(shop.writer_lock, "run 1234 for 2026-06-30", 0, pytest.fail):
        told = found(shop)
    assert told["writer"].told.startswith(f"run 1234 for 2026-06-30 (process {os.getpid()}) is writing")
    assert told["warehouse"].level is Level.OK and "not looked into" in told["warehouse"].told
    assert "form 1, begun by segmentation 0.1.0" in found(shop)["warehouse"].told


def test_files_with_personal_data_that_others_can_read_are_an_error_with_the_command_that_closes_them(shop: Settings) -> None:
    shop.warehouse.touch(mode=0o644)
    shop.secrets.mkdir(mode=0o700)
    (shop.secrets / "tombstone.key").touch(mode=0o640)
    told = found(shop)["permissions"]
    assert told.level is Level.ERROR and "data/warehouse.duckdb, secrets/tombstone.key" in told.told
    assert told.cure == f"chmod -R go= {shop.warehouse} {shop.secrets / 'tombstone.key'}"


def test_a_missing_source_file_and_an_unset_variable_are_errors(shop: Settings) -> None:
    with_pipeline(shop, "alerts: {webhook: {url_env: SHOP_ALERT_URL}}\n")
    (shop.data / "raw" / "orders.csv").unlink()
    told = found(shop)
    assert told["source orders"].level is Level.ERROR
    assert (
        told["environment"].level is Level.ERROR
        and "SHOP_ALERT_URL (pipeline.alerts.webhook.url_env)" in told["environment"].told
    )
    assert found(shop, {"SHOP_ALERT_URL": "http://localhost"})["environment"].level is Level.OK


def test_a_configuration_that_does_not_load_is_one_error_and_the_rest_is_looked_at(shop: Settings) -> None:
    (shop.config / "segmentations.yaml").write_text("segmentations: {rfm: {kind: rmf}}\n")
    told = found(shop)
    assert told["configuration"].level is Level.ERROR and "segmentations.yaml" in told["configuration"].told
    assert {"python", "libraries", "writer", "last run", "permissions"} <= told.keys()


def test_alerts_that_wait_and_a_failed_run_are_told(shop: Settings) -> None:
    alert = asdict(Alert("run_failed", "k", "shop: a run failed", ("why",), "shop"))
    shop.alerts.write_text(
        json.dumps({"told": [], "waiting": [{"alert": alert, "channels": ["webhook"], "since": NOW.isoformat()}]})
    )
    (shop.dagster_home / "history").mkdir(parents=True)
    with closing(sqlite3.connect(shop.dagster_home / "history" / "runs.db")) as records, records:
        records.execute("CREATE TABLE runs (status TEXT, partition TEXT, start_time REAL, end_time REAL)")
        records.execute("INSERT INTO runs VALUES ('SUCCESS', '2026-06-29', 1000, 1060), ('FAILURE', '2026-06-30', 2000, 2012)")
    told = found(shop, {"DAGSTER_HOME": "/elsewhere"})
    assert told["alerts"].level is Level.WARNING and "1 could not be brought yet" in told["alerts"].told
    assert told["last run"].level is Level.WARNING
    assert told["last run"].told == "failure for 2026-06-30, begun 1970-01-01 00:33 UTC in 12 s"
    assert told["dagster home"].level is Level.WARNING


def test_an_interrupted_restore_is_an_error(shop: Settings) -> None:
    shop.restoring.write_text("/backups/shop.tar.gz")
    told = found(shop)["warehouse"]
    assert told.level is Level.ERROR and "segmentation restore /backups/shop.tar.gz" in told.told


def test_memory_and_disk_are_held_against_what_a_run_needs(shop: Settings) -> None:
    pipeline = PipelineConfig.model_validate({"engine": {"memory_limit": "100000GB"}, "business": {"timezone": "Europe/Berlin"}})
    told = machine.memory(pipeline)
    assert told.level is Level.ERROR and "Set engine.memory_limit" in told.cure
    assert machine.disk(shop, 10**18).level is Level.ERROR


def test_a_clock_behind_the_data_is_told(shop: Settings) -> None:
    shop.warehouse.touch()
    os.utime(shop.warehouse, (NOW.timestamp() + 86_400,) * 2)
    config: Config = load_config(shop.config)
    assert machine.clock(shop, config.pipeline, NOW).level is Level.WARNING


def test_the_command_ends_with_1_for_an_error_and_prints_json(shop: Settings) -> None:
    done = segmentation(shop.root, "doctor", "--json")
    assert done.returncode == 0, done.stderr
    assert {"name": "last run", "level": "ok", "told": "none yet", "cure": ""} in json.loads(done.stdout)
    shop.warehouse.touch(mode=0o644)
    done = segmentation(shop.root, "doctor")
    assert done.returncode == 1 and "chmod -R go=" in done.stdout and "\x1b" not in done.stdout
