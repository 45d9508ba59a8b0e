"""The report of each run: the published tables as a page."""

from __future__ import annotations

from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.report.write import write_report
from segmentation_pipeline.run_context import RunContext, StepResult


def steps(config: Config) -> list[Step]:
    # Whether the file is there, and of this publication, is known in its folder, not here: it is always made.
    return [Step(table=tables.REPORT, compute=_report, reads=[tables.PUBLICATION], always=True)]


def _report(run: RunContext) -> StepResult:
    """Made of the publication: a run of an earlier day than the published one makes the report of the published day again."""
    written = write_report(run.publication, run.config, run.settings.report)
    return StepResult(
        rows=written.figures,
        numbers={"figures": written.figures, "kilobytes": round(written.size / 1000), "of": written.day.isoformat()},
        links={"report": written.path.resolve().as_uri()},
    )
