"""Files as received: one asset per source that comes from files."""

from __future__ import annotations

from segmentation_pipeline.assets.landing import landing_sources
from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.source_tables import LOADING_TABLES
from segmentation_pipeline.ingest.deliveries import Limits, check_sources
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.ingest.screen import left_out
from segmentation_pipeline.project.load import load_project
from segmentation_pipeline.run_context import RunContext, StepResult

NOT_COMPARED, GONE = "not compared with the last delivery", "sources that left"
"""What a run tells beside its tables about deliveries."""


def steps(config: Config) -> list[Step]:
    # What changed is told by comparing all files at once, so whatever is fetched must be there before any is read.
    landed = [tables.landing(name) for name in landing_sources(config)]
    read = [name for name in config.cleaning_order if not config.sources[name].derive_from]
    return [_step(name, landed, first=name == read[0]) for name in read]


def _step(name: str, landed: list[str], first: bool) -> Step:
    def compute(run: RunContext) -> StepResult:
        mapping, as_of = run.config.sources[name], run.as_of
        if first and any(source.lands and not source.columns for source in run.config.sources.values()):
            load_project(run.settings)  # what was fetched may lack a column that a rule names
        limits = Limits.of(run.config, name, run.accept_shrunk, run.run_id)
        gone = check_sources(run.engine, run.config, run.accept_shrunk, as_of, run.run_id) if first else []
        report = load_source(run.engine, run.settings.root, name, mapping, as_of, run.changes, limits, run.screen(name))
        files = [*report.read, *report.unchanged]
        ledger = run.engine.table(tables.FILES)
        rows = run.engine.rows(ledger.filter(ledger.source == name).order_by("file").select("file", "records", "malformed"))
        numbers: dict[str, int | float | str] = {
            "files": len(files),
            "files read": len(report.read),
            "files unchanged": len(report.unchanged),
            "files removed": len(report.removed),
            "malformed records": report.malformed,
        }
        numbers |= {f"{cause} records": rows for cause, rows in left_out(run.engine, name).items() if rows}
        return StepResult(
            rows=report.records,
            numbers=numbers,
            tables={"source files": rows},
            texts=(
                {NOT_COMPARED: f"source '{name}': its files or columns are configured otherwise"} if report.starts_anew else {}
            )
            | ({GONE: f"no longer configured, and all that was read of them goes: {', '.join(gone)}"} if gone else {}),
        )

    noted = tuple(contract.table for contract in LOADING_TABLES)
    return Step(table=tables.raw(name), compute=compute, reads=landed, adds_to=noted, always=True)
