"""Nights in a row in one process: the steps of a run without checks and docs, where those are not what is proved.

Of a small shop's run those are a third.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from segmentation_pipeline.assets.table_asset import Step, make_tables
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.definitions import all_steps
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.quality.recorded import record
from segmentation_pipeline.run_context import RunContext, open_run
from segmentation_pipeline.settings import Settings


def changed(settings: Settings, file: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change one of the configuration's files, whose first key bears its name."""
    path = settings.config / f"{file}.yaml"
    content = yaml.safe_load(path.read_text())
    change(content[file])
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def night(project: Path, day: str, **options: object) -> None:
    """A run of ``day``, an ISO date, without its checks."""
    run(Settings(project), date.fromisoformat(day), **options)


def run(settings: Settings, day: date, **options: object) -> None:
    """A run of ``day`` without its checks."""
    config = load_config(settings.config)

    def wait(line: str) -> None:
        raise AssertionError(f"nobody else writes: {line}")

    with open_run(settings, config, day, f"night-{day}", wait, **options) as session:  # type: ignore[arg-type]
        record(session.engine, "nothing", [], day)
        for step in in_order(all_steps(config)):
            if step.table != tables.DATA_QUALITY:
                make(step, session)


def in_order(steps: list[Step]) -> Iterator[Step]:
    """Each step after what it is made from."""
    made = {table for step in steps for table in step.assets}
    waiting, done = list(steps), set[str]()
    while waiting:
        ready = next(step for step in waiting if all(dep in done or dep not in made for dep in step.deps))
        waiting.remove(ready)
        done |= set(ready.assets)
        yield ready


def make(step: Step, session: RunContext) -> None:
    if step.always or not session.unchanged:
        for table, made in make_tables(step, session).items():
            session.remember(table, made)


def files_of(settings: Settings, day: date) -> dict[str, str]:
    folder = settings.audiences / day.isoformat()
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
