"""All steps of a run, one after the other in plain Python: the pipeline's work without its orchestrator.

    python -m benchmarks.steps_run PROJECT RESULT.json

Each step does what its asset does: make the table, check it, keep the results.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.measured import progress
from segmentation_pipeline.assets.table_asset import run_step
from segmentation_pipeline.definitions import all_steps
from segmentation_pipeline.demo.generate import AS_OF
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.run_context import open_run
from segmentation_pipeline.settings import Settings


def main(root: Path, result: Path) -> None:
    """Run everything for the workload's day and tell the seconds of each step."""
    settings = Settings(root)
    config = load_config(settings.config)
    seconds: dict[str, float] = {}
    with open_run(settings, config, AS_OF, "plain", progress.print) as session:
        for step in all_steps(config):
            started = time.perf_counter()
            run_step(step, session)
            seconds[step.table] = time.perf_counter() - started
    result.write_text(json.dumps(seconds, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
