"""What Dagster draws is what runs: what each step reads and writes, seen at the engine, is what it declares."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pytest
import yaml

from segmentation_pipeline.assets import table_asset
from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.cli import dagster_home
from segmentation_pipeline.cli.daily_job import execute
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.source_tables import LOADING_TABLES
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.definitions import all_steps
from segmentation_pipeline.demo.generate import generate
from segmentation_pipeline.demo.layout import LAYOUTS
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.published import Publication
from segmentation_pipeline.project.load import load_project
from segmentation_pipeline.settings import Settings
from segmentation_pipeline.table_contracts import contracts, published
from segmentation_pipeline_tests.end_to_end.project import ROOT, copy_project
from segmentation_pipeline_tests.end_to_end.project import published as publication

pytestmark = pytest.mark.slow

WRITING = ("write", "view", "append", "replace_slice", "replace_keys")
OF_OTHER_DAYS = {tables.CAMPAIGN_AUDIENCES, tables.AUDIENCE_FILES, tables.CAMPAIGN_RESULTS, tables.CUSTOMER_MERGES}
"""Records of which every run reads other days before their own step adds its day: who was contacted, what it
changed, who was who."""
NOTES = {contract.table for contract in LOADING_TABLES}
"""What loading notes of each source: read by whoever handles that source, which comes after its loading anyway."""
OUTSIDE = ("landing", "published", "destinations")
"""What assets hold that are no tables of the warehouse."""
FEW = 20
"""Customers by whom recommendations are judged here."""
CHECKED = "changed_rows"
"""The rows a check is put to: written before it, dropped after it."""
NOW_AND_THEN = {
    tables.EXCLUDED_CUSTOMERS: {"clean.orders", "clean.customers", "pii.customers", "identity.customer_identity"},
    tables.CUSTOMER_SCORES: {"clean.orders", "clean.campaign_contacts", "clean.email_events", "clean.web_sessions"},
    tables.CUSTOMER_SEGMENTS: {"clean.orders", "identity.customer_identity"},
    tables.SEGMENT_CATALOG: {"segments.customer_profile"},
    tables.CAMPAIGN_DECISIONS: {tables.CAMPAIGN_AUDIENCES},
    tables.AUDIENCE_OVERLAP: {tables.CAMPAIGN_AUDIENCES},
}
"""Read on some days only: by restrictions that name somebody, where rates of response are credible and histories long enough, once segments are old enough to be judged by later orders,
where a segment is too small, and where a list of the day stays as it is."""


FROM_WHOLE_TABLES = {
    *(tables.MODEL_REGISTRY, tables.CLUSTER_CHANGES, tables.MODEL_CALIBRATION, tables.SEND_AFFINITY),
    *(tables.SEGMENT_CATALOG, "measurement.campaigns_over_time", tables.DATA_QUALITY),
}
"""Made in Python from more than anybody reads: what models are fitted on, what is said of every segment, every check."""
FROM_NO_COLUMN = {
    *(
        "as_of",
        "kind",
        "version",
        "channel",
        "campaign",
        "campaign_key",
        "segmentation",
        "reason",
        "belongs_to",
        "period",
        "occasion",
    ),
    *("customers", "active_customers", "orders", "order_count", "passed", "other_passed", "passed_both", "support_requests_365d"),
    *("support", "base", "confidence", "top_percent", "cost_to_serve_365d", "valid_from"),
}
"""Constants of the day or the configuration, and counts of rows."""


@dataclass
class Seen:
    """The tables every step wrote, and those its queries read."""

    reads: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    writes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    step: str | None = None

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run_step = table_asset.run_step

        def running(step: Step, *arguments: object) -> object:
            self.step = step.table
            try:
                return run_step(step, *arguments)  # type: ignore[arg-type]
            finally:
                self.step = None

        monkeypatch.setattr(table_asset, "run_step", running)
        for name in WRITING:
            monkeypatch.setattr(DuckDBEngine, name, self._writing(getattr(DuckDBEngine, name)))
        monkeypatch.setattr(Publication, "select", self._reading_publication(Publication.select))
        for name in ("_sql", "batches", "publish"):  # an expression that is run goes through one of them
            monkeypatch.setattr(DuckDBEngine, name, self._reading(getattr(DuckDBEngine, name)))

    def _writing(self, method: Callable) -> Callable:
        def noted(engine: DuckDBEngine, name: str, *arguments: object) -> object:
            if self.step is not None and not name.startswith("meta.") and not name.endswith(f".{CHECKED}"):
                self.writes[self.step].add(name)
            return method(engine, name, *arguments)

        return noted

    def _reading_publication(self, method: Callable) -> Callable:
        def noted(publication: Publication, query: str) -> object:
            if self.step is not None:
                self.reads[self.step].add(tables.PUBLICATION)
            return method(publication, query)

        return noted

    def _reading(self, method: Callable) -> Callable:
        def noted(engine: DuckDBEngine, *arguments: object, **more: object) -> object:
            for table in _tables(arguments):
                namespace = table.namespace
                of_run = (
                    namespace.catalog != "temp" and namespace.database not in (None, "main", "meta") and table.name != CHECKED
                )
                if self.step is not None and of_run:
                    self.reads[self.step].add(f"{namespace.database}.{table.name}")
            return method(engine, *arguments, **more)

        return noted


def _tables(arguments: tuple[object, ...]) -> Iterator[ops.DatabaseTable]:
    for argument in arguments:
        if isinstance(argument, ir.Expr):
            yield from argument.op().find(ops.DatabaseTable)
        elif isinstance(argument, Mapping):
            yield from _tables(tuple(argument.values()))


@dataclass(frozen=True)
class Watched:
    project: Path
    config: Config
    seen: Seen

    @property
    def steps(self) -> list[Step]:
        return all_steps(self.config)


@pytest.fixture(scope="module", params=["sample", pytest.param("every_source", marks=pytest.mark.wide)])
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """A project run for two days, one upon the other, watched."""
    project, seen = tmp_path_factory.mktemp(request.param), Seen()
    if request.param == "sample":
        copy_project(project)
    else:
        shutil.copytree(ROOT / "examples" / "every_source" / "config", project / "config")
        pipeline = project / "config" / "pipeline.yaml"
        content = yaml.safe_load(pipeline.read_text())
        content.setdefault("models", {})["next_product"] = {
            "min_customers": FEW
        }  # else lists are not judged, and products not read
        pipeline.write_text(yaml.safe_dump(content))
        generate(300, 1, project / "data" / "raw", sources=tuple(LAYOUTS))
    settings = Settings(project)
    config = load_project(settings)
    with pytest.MonkeyPatch.context() as monkeypatch:
        for variable in ("DAGSTER_HOME", "SEGMENTATION_HOME"):
            monkeypatch.setenv(variable, "")
        dagster_home.prepare(settings)
        seen.watch(monkeypatch)
        for day in (date(2026, 6, 29), date(2026, 6, 30)):
            assert execute(settings, config, day, each_table=False).success
    return Watched(project, config, seen)


def test_a_step_comes_after_exactly_what_it_reads(watched: Watched) -> None:
    known = contracts(watched.config)
    writers: dict[str, set[str]] = defaultdict(set)
    for step in watched.steps:
        for table in step.writes:
            writers[table].add(step.table)
    for step in watched.steps:
        read: set[str] = set()
        for table in watched.seen.reads[step.table] - NOTES:
            contract = known[table]
            if contract.of_steps and contract.writer == step.table:
                read |= writers[table]
            elif step.table not in writers[table]:
                read.add(table if contract.asset else contract.writer)
        drawn, not_read = set(step.deps), {*step.after, *NOW_AND_THEN.get(step.table, ())}
        assert read - drawn <= OF_OTHER_DAYS, f"{step.table} reads what it does not declare"
        assert drawn - read <= not_read, f"{step.table} declares what it does not read"


def test_a_step_writes_exactly_what_its_contracts_say(watched: Watched) -> None:
    for step in watched.steps:
        found = watched.seen.writes[step.table]
        declared = {table for table in step.writes if table.partition(".")[0] not in OUTSIDE}
        assert found <= declared, f"{step.table} writes what is in no contract of its"
        assert declared - found <= NOTES, f"{step.table} does not write what its contracts say"


def test_the_columns_of_every_table_are_those_of_its_contract(watched: Watched) -> None:
    with duckdb.connect(str(Settings(watched.project).warehouse), read_only=True) as connection:
        for contract in contracts(watched.config).values():
            schema, _, name = contract.table.partition(".")
            found = connection.execute(
                "SELECT column_name FROM duckdb_columns() WHERE schema_name = ? AND table_name = ?", [schema, name]
            ).fetchall()
            if contract.columns and found:
                assert {column for (column,) in found} >= {column.name for column in contract.columns}, contract.table


def test_the_key_of_a_published_table_tells_its_rows_apart(watched: Watched) -> None:
    with duckdb.connect(str(publication(watched.project)), read_only=True) as connection:
        for contract in published(watched.config):
            if contract.key:
                key = ", ".join(contract.key)
                twice = f'SELECT {key} FROM "{contract.name}" GROUP BY ALL HAVING count(*) > 1'
                assert connection.execute(twice).fetchall() == [], contract.table


def test_columns_are_made_from_columns_of_other_assets(watched: Watched) -> None:
    known = contracts(watched.config)
    for table, columns in _lineage(watched).items():
        for column, origins in columns.items():
            assert [origin for origin in origins if not known[origin[0]].asset or origin[0] == table] == [], (table, column)
            unknown = {name for other, name in origins if known[other].columns and name not in _columns(known[other])}
            assert {name for name in unknown if not name.startswith("_")} == set(), (table, column)


def test_every_published_column_of_the_sample_is_told_by_what_it_is_made_from(watched: Watched) -> None:
    if not watched.project.name.startswith("sample"):
        pytest.skip("with every segmentation, a column of all segments is made from more than is told")
    lineage = _lineage(watched)
    for contract in published(watched.config):
        if contract.table not in FROM_WHOLE_TABLES:
            assert _columns(contract) - lineage[contract.table].keys() <= FROM_NO_COLUMN, contract.table
    told = lineage[tables.CUSTOMER_PROFILE]
    assert told["recency_days"] == [[tables.CUSTOMER_FEATURES, "recency_days"]]
    assert {name for _, name in told["lifecycle"]} == {"frequency", "tenure_days", "recency_days", "last_gap_days"}
    assert [tables.CUSTOMER_PROFILE, "lifecycle"] in lineage[tables.CUSTOMER_SEGMENTS]["segment"]


def _lineage(watched: Watched) -> dict[str, dict[str, list[list[str]]]]:
    """Of each asset what its newest making told."""
    with duckdb.connect(str(Settings(watched.project).warehouse), read_only=True) as connection:
        made = connection.execute("SELECT table_name, made::JSON -> 'lineage' FROM meta.made").fetchall()
    return {table: json.loads(told or "{}") for table, told in made}


def _columns(contract: TableContract) -> set[str]:
    return {column.name for column in contract.columns}
