"""A run that was stopped leaves nothing half done; one that goes on from a failure reads what was corrected."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import date

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import create_execution_plan, execute_run
from dagster._core.execution.plan.state import KnownExecutionState
from dagster._core.storage.tags import RESUME_RETRY_TAG

from segmentation_pipeline.assets.run_outcome import Outcome, outcome_of
from segmentation_pipeline.cli import dagster_home
from segmentation_pipeline.cli.code_location import MODULE
from segmentation_pipeline.cli.daily_job import execute
from segmentation_pipeline.definitions import JOB, build_definitions
from segmentation_pipeline.engine import lock
from segmentation_pipeline.project.load import load_project
from segmentation_pipeline.settings import HOME_VARIABLE, Settings
from segmentation_pipeline_tests.end_to_end.project import command, orders_alone, query, segmentation
from segmentation_pipeline_tests.services.http_receiver import Receiver, http_receiver
from segmentation_pipeline_tests.services.mail_server import Mails, mail_server

pytestmark = pytest.mark.slow

DAY = date(2026, 6, 30)
GOOD = "order_id,customer_id,ordered_at,amount\n" + "".join(
    f"o{n},C{n % 20},2026-0{1 + n % 6}-1{n % 9},{10 + n}.00\n" for n in range(120)
)
SPOILED = GOOD.replace(",17.00", ",1700.00")
RULE = "{table: clean.orders, expectation: expect_column_values_to_be_between, arguments: {column: amount, max_value: 400}}"


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Receiver, Mails]]:
    with http_receiver() as web, mail_server() as mails:
        yield web, mails


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, servers: tuple[Receiver, Mails]) -> Iterator[Settings]:
    web, mails = servers
    settings = Settings(orders_alone(tmp_path_factory.mktemp("nights"), GOOD))
    with (settings.config / "pipeline.yaml").open("a") as file:
        email = f"{{host: 127.0.0.1, port: {mails.port}, security: none, sender: a@shop.test, to: [b@shop.test]}}"
        file.write(f"quality: {{expectations: [{RULE}]}}\nalerts: {{webhook: {{url_env: ALERT_URL}}, email: {email}}}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")
        patch.setenv(HOME_VARIABLE, "")
        patch.setenv("ALERT_URL", f"http://127.0.0.1:{web.server_port}/")
        dagster_home.prepare(settings)
        yield settings


def orders(settings: Settings, text: str) -> None:
    (settings.data / "raw" / "orders.csv").write_text(text)


def again(settings: Settings, parent: str) -> Outcome:
    """What the UI's "Re-execute from failure" does of the run ``parent``."""
    instance = dg.DagsterInstance.get()
    failed = instance.get_run_by_id(parent)
    assert failed is not None
    job = build_definitions(settings, load_project(settings)).resolve_job_def(JOB)
    steps, known = KnownExecutionState.build_resume_retry_reexecution(instance, failed)
    plan = create_execution_plan(InMemoryJob(job), step_keys_to_execute=steps, known_state=known)
    run = instance.create_run_for_job(
        job,
        plan,
        run_config=failed.run_config,
        parent_run_id=parent,
        root_run_id=parent,
        tags={**failed.tags, RESUME_RETRY_TAG: "true"},
    )
    return outcome_of(instance, run.run_id, success=execute_run(InMemoryJob(job), run, instance).success)


def test_ctrl_c_ends_with_130_without_lock_or_half_file_and_a_second_run_goes_on(project: Settings) -> None:
    run = subprocess.Popen(
        command(project.root, "run"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"COLUMNS": "240"},
    )
    assert run.stdout is not None
    for line in run.stdout:
        if "made clean.orders" in line:
            break
    os.kill(run.pid, signal.SIGINT)
    said = run.communicate()[0]
    assert run.returncode == 130 and "Stopped. Nothing was published; run again to go on" in said and "Traceback" not in said
    with lock.writer(project.writer_lock, "test", 0, pytest.fail):
        pass
    left = {path.relative_to(project.data).as_posix() for path in project.data.rglob("*") if path.is_file()}
    assert {name for name in left if not name.startswith(("raw/", "dagster/"))} == {"warehouse.duckdb", "writer.lock"}
    instance = dg.DagsterInstance.get()
    [stopped] = instance.get_runs()
    assert stopped.status is dg.DagsterRunStatus.CANCELED
    outcome = execute(project, load_project(project), DAY)
    assert outcome.success and not outcome.stopped, outcome.errors


def test_a_run_of_the_command_line_stands_where_the_ui_looks(project: Settings) -> None:
    for run in dg.DagsterInstance.get().get_runs():
        origin = run.remote_job_origin
        assert origin is not None and (origin.location_name, origin.job_name) == (MODULE, JOB)
        assert run.tags["dagster/partition"] == DAY.isoformat()


def test_from_failure_goes_on_where_nothing_changed_and_reads_a_corrected_file(project: Settings) -> None:
    orders(project, SPOILED)
    failed = execute(project, load_project(project), DAY)
    assert not failed.success and len(failed.failed_checks) == 1
    assert "amount" in failed.failed_checks[0] and "1 of 120 rows fail" in failed.failed_checks[0]
    same = again(project, failed.run_id)
    assert not same.success and "raw.orders" not in same.rows and same.failed_checks
    orders(project, GOOD.replace("o7,C7", "o7,C777"))
    mended = again(project, same.run_id)
    assert mended.success, mended.errors
    assert mended.rows["raw.orders"] == 120
    assert query(project.root, "SELECT count(*) FROM customer_profile WHERE customer_id = 'C777'") == [(1,)]


def test_a_failed_check_is_told_once_and_stays_failed_until_its_own_day_is_run_again(
    project: Settings, servers: tuple[Receiver, Mails]
) -> None:
    web, mails = servers
    instance, config = dg.DagsterInstance.get(), load_project(project)
    definitions = build_definitions(project, config)
    graph = definitions.resolve_asset_graph()
    checks = [check for check in graph.asset_check_keys if check.asset_key == dg.AssetKey(["clean", "orders"])]

    def failed_days() -> set[str]:
        found = instance.event_log_storage.get_asset_check_partition_info(checks)
        return {str(each.partition_key) for each in found if each.latest_execution_status.value == "FAILED"}

    before = failed_days()
    orders(project, SPOILED)
    assert not web.got, "runs that came through or were stopped are no reason for an alert"
    assert segmentation(project.root, "run", "--as-of", "2026-06-29").returncode == 1
    [(_, body)], [mail] = web.got, mails.got
    told = json.loads(body)
    assert (
        told["event"] == "check_failed"
        and "1 of 120 rows fail" in told["lines"][0]
        and "1 of 120 rows fail" in mail.get_content()
    )
    sensor = definitions.resolve_sensor_def("alerts")
    context = dg.build_sensor_context(instance, cursor="2026-01-01T00:00:00+00:00")
    assert sensor.evaluate_tick(context).skip_message == "all is told"
    failed_elsewhere = {json.loads(body)["run_id"] for _, body in web.got[1:]}
    assert told["run_id"] not in failed_elsewhere and len(failed_elsewhere) == len(web.got) - 1 == len(mails.got) - 1
    told_so_far = len(web.got)
    assert sensor.evaluate_tick(context).skip_message == "all is told" and len(web.got) == told_so_far
    orders(project, GOOD)
    assert execute(project, config, DAY).success
    assert failed_days() - before == {"2026-06-29"}
