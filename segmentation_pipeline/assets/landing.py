"""What databases and object stores hold, fetched to files: one asset per source that needs it."""

from __future__ import annotations

from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.landing.catalog import landing_of
from segmentation_pipeline.landing.land import land
from segmentation_pipeline.run_context import RunContext, StepResult


def steps(config: Config) -> list[Step]:
    return [_step(name, config) for name in landing_sources(config)]


def landing_sources(config: Config) -> list[str]:
    """The sources that are fetched before they are read."""
    return [name for name in config.cleaning_order if config.sources[name].lands]


def _step(name: str, config: Config) -> Step:
    landing = landing_of(name, config.sources[name])

    def compute(run: RunContext) -> StepResult:
        landed = land(run.settings.landing, name, run.config.sources[name], full=run.full)
        lines = "\n".join(f"- {file}" for file in landed.fetched[:200]) or "nothing new"
        return StepResult(
            rows=landed.rows or 0,
            numbers={
                "files": len(landed.files),
                "files fetched": len(landed.fetched),
                "files removed": len(landed.removed),
                "bytes fetched": landed.bytes,
            },
            texts={"fetched": lines},
        )

    contract = TableContract(
        tables.landing(name),
        f"{landing.what} behind source {name}, landed as files. {SOURCES[name].description}",
        kinds=landing.badges,
    )
    return Step(table=contract.table, compute=compute, always=True, contracts=(contract,))
