"""What Dagster draws is what runs: what each step reads and writes, seen at the engine, beside what it declares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from segmentation_pipeline.assets import table_asset
from segmentation_pipeline.cli import dagster_home
from segmentation_pipeline.cli.daily_job import execute
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.definitions import all_steps
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.project.load import load_project
from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.end_to_end.project import copy_project

WRITING = ("write", "view", "append", "replace_slice", "replace_keys")
OF_ALL = {tables.FILES, tables.ROW_ACCOUNTING, tables.DATA_QUALITY}
"""Tables to which every step of a kind adds its own rows."""
OF_OTHER_DAYS = {tables.CAMPAIGN_AUDIENCES, tables.AUDIENCE_FILES}
"""The record of who was contacted, of which every run reads other days before its first step."""
WRITTEN_BESIDE = {
    tables.CLUSTER_CHANGES: {tables.MODEL_REGISTRY},
    tables.SEGMENT_HISTORY: {tables.CUSTOMER_SEGMENTS},
    tables.UNMATCHED_OPT_OUTS: {tables.EXCLUDED_CUSTOMERS, tables.CAMPAIGN_SELECTIONS},
}
"""Assets that another step fills while it makes its own table; their own step shows them."""


@dataclass
class Seen:
    reads: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    writes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    step: str | None = None

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run_step = table_asset.run_step

        def running(step: table_asset.Step, *arguments: object) -> object:
            self.step = step.table
            try:
                return run_step(step, *arguments)  # type: ignore[arg-type]
            finally:
                self.step = None

        monkeypatch.setattr(table_asset, "run_step", running)
        monkeypatch.setattr(DuckDBEngine, "table", self._noting(DuckDBEngine.table, self.reads))
        for name in WRITING:
            monkeypatch.setattr(DuckDBEngine, name, self._noting(getattr(DuckDBEngine, name), self.writes))

    def _noting(self, method: Callable, into: dict[str, set[str]]) -> Callable:
        def noted(engine: DuckDBEngine, name: str, *arguments: object) -> object:
            # The rows a check is put to are written before it and dropped after it.
            if self.step is not None and not name.startswith("meta.") and not name.endswith(".changed_rows"):
                into[self.step].add(name)
            return method(engine, name, *arguments)

        return noted


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Seen]:
    """The sample run for two days, one upon the other, watched."""
    project, seen = copy_project(tmp_path_factory.mktemp("lineage")), Seen()
    settings = Settings(project)
    config = load_project(settings)
    with pytest.MonkeyPatch.context() as monkeypatch:
        for variable in ("DAGSTER_HOME", "SEGMENTATION_HOME"):
            monkeypatch.setenv(variable, "")
        dagster_home.prepare(settings)
        seen.watch(monkeypatch)
        for day in (date(2026, 6, 29), date(2026, 6, 30)):
            assert execute(settings, config, day, each_table=False).success
    return project, seen


def _upstream(deps: dict[str, set[str]], step: str) -> set[str]:
    found: set[str] = set()
    todo = [step]
    while todo:
        new = deps.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found


@pytest.mark.slow
def test_every_table_a_step_reads_is_made_by_itself_or_upstream(sample: tuple[Path, Seen]) -> None:
    project, seen = sample
    steps = all_steps(load_project(Settings(project)))
    of_asset = {table: step.table for step in steps for table in (step.table, *step.also)}
    deps = {step.table: {of_asset[dep] for dep in step.deps} for step in steps}
    writers = defaultdict(set)
    for step, written in seen.writes.items():
        for name in written - OF_ALL:
            writers[name].add(step)
    for step in steps:
        known = {step.table} | _upstream(deps, step.table)
        read = seen.reads[step.table] - OF_OTHER_DAYS
        early = {name: writers[name] for name in read if writers[name] and not writers[name] & known}
        assert early == {}, step.table


@pytest.mark.slow
def test_a_table_is_written_by_one_step(sample: tuple[Path, Seen]) -> None:
    _, seen = sample
    writers = defaultdict(set)
    for step, written in seen.writes.items():
        for name in written - OF_ALL:
            writers[name].add(step)
    assert {name: found for name, found in writers.items() if len(found) > 1 or name in WRITTEN_BESIDE} == WRITTEN_BESIDE
