"""The sensor tells of runs that ended for good, each once, and stands still where a server does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.tags import WILL_RETRY_TAG

from segmentation_pipeline.assets.sensors import alert_sensors
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.connections import webhook as connection
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.services.http_receiver import Receiver, http_receiver

BEFORE = "2026-01-01T00:00:00+00:00"


@dg.job
def nothing() -> None:
    pass


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(connection, "_PAUSE_SECONDS", 0.01)
    with http_receiver() as server:
        monkeypatch.setenv("ALERT_URL", f"http://127.0.0.1:{server.server_port}/")
        yield server


def project(folder: Path, alerts: str) -> tuple[Settings, Config]:
    (folder / "config").mkdir()
    (folder / "config" / "sources.yaml").write_text("sources: {orders: {files: o.csv}}\n")
    (folder / "config" / "pipeline.yaml").write_text(f"run: {{as_of: 2026-06-30}}\nalerts: {alerts}\n")
    settings = Settings(folder)
    return settings, load_config(settings.config)


def failed(instance: dg.DagsterInstance, **tags: str) -> str:
    run = instance.create_run_for_job(nothing, tags={"dagster/partition": "2026-06-30", **tags})
    instance.report_run_failed(run, "Process 7 ended without finishing the run.")
    return run.run_id


def test_a_run_that_died_is_told_once_and_one_that_is_tried_again_is_not(tmp_path: Path, receiver: Receiver) -> None:
    [sensor] = alert_sensors(*project(tmp_path, "{webhook: {url_env: ALERT_URL}}"))
    with dg.DagsterInstance.ephemeral() as instance:
        died = failed(instance)
        failed(instance, **{WILL_RETRY_TAG: "true"})
        for _ in range(2):
            assert sensor.evaluate_tick(dg.build_sensor_context(instance, cursor=BEFORE)).skip_message == "all is told"
    [(_, body)] = receiver.got
    told = json.loads(body)
    assert (told["event"], told["run_id"], told["lines"][0]) == ("run_failed", died, "Process 7 ended without finishing the run.")


def test_it_begins_with_what_ends_from_then_on_and_says_what_could_not_be_brought(tmp_path: Path, receiver: Receiver) -> None:
    [sensor] = alert_sensors(*project(tmp_path, "{webhook: {url_env: ALERT_URL}}"))
    receiver.answers = [404]
    with dg.DagsterInstance.ephemeral() as instance:
        failed(instance)
        tick = sensor.evaluate_tick(dg.build_sensor_context(instance, cursor=BEFORE))
        assert "was not told: alerts by webhook" in tick.skip_message and tick.cursor > BEFORE
        soon = sensor.evaluate_tick(dg.build_sensor_context(instance, cursor=tick.cursor))
        assert "waits until" in soon.skip_message and len(receiver.got) == 1
        [book] = tmp_path.rglob("alerts.json")
        book.write_text(book.read_text().replace(json.loads(book.read_text())["waiting"][0]["next"], "2026-01-01T00:00:00+00:00"))
        assert sensor.evaluate_tick(dg.build_sensor_context(instance, cursor=tick.cursor)).skip_message == "all is told"
        assert len(receiver.got) == 2
        assert (
            sensor.evaluate_tick(dg.build_sensor_context(instance, cursor="2999-01-01T00:00:00+00:00")).skip_message
            == "all is told"
        )
    assert len(receiver.got) == 2


def test_a_project_without_alerts_has_no_sensor_and_is_told_what_it_names(tmp_path: Path, receiver: Receiver) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "some").mkdir()
    assert alert_sensors(*project(tmp_path / "none", "{}")) == []
    [sensor] = alert_sensors(*project(tmp_path / "some", "{events: [new_warnings], webhook: {url_env: ALERT_URL}}"))
    with dg.DagsterInstance.ephemeral() as instance:
        failed(instance)
        sensor.evaluate_tick(dg.build_sensor_context(instance, cursor=BEFORE))
    assert receiver.got == []
