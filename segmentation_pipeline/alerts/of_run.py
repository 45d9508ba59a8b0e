"""What is to be told of a run that ended."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from segmentation_pipeline.alerts.alert import Alert, told
from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.published import opened_publication, publication_engine


def failure(
    project: str, as_of: str, run_id: str, failed_checks: Sequence[str], others: Sequence[str], *, published: bool
) -> Alert:
    """A run that failed: by blocking checks, whose sentences hold the figures, or otherwise.  ``others`` hold nobody's data."""
    kept = (
        "All is published, but not every destination has it."
        if published
        else "The last good publication is as it was, if there is one."
    )
    by_check = bool(failed_checks)
    what = "stopped by a check" if by_check else "failed"
    return Alert(
        event="check_failed" if by_check else "run_failed",
        key=f"run:{run_id}",
        title=f"{project}: the run for {as_of} {what}",
        lines=(*told([*failed_checks, *others] or ["It ended without saying why."]), kept),
        project=project,
        as_of=as_of,
        run_id=run_id,
    )


def new_warnings(project: str, as_of: date, publication: Path, engine: EngineConfig, temp: Path) -> Alert | None:
    """The warnings of a published day that the day published before it did not have.

    None where there are none, where ``as_of`` is not the day of the publication, and on the first day, when all are new.
    """
    if not publication.exists():
        return None
    with opened_publication(publication) as opened:
        if opened.day() != as_of.isoformat():
            return None
    name = tables.DATA_QUALITY.split(".")[1]
    with publication_engine(publication, engine, temp) as reader:
        results = reader.table(f"published.{name}")
        failed = results.filter(~results.passed, results.severity == "warning", results.as_of <= as_of)
        days = results.filter(results.as_of < as_of)
        [last] = reader.rows(days.aggregate(day=days.as_of.max()))
        if last["day"] is None:
            return None
        of_day = failed.filter(failed.as_of.isin([as_of, last["day"]]))
        rows = reader.rows(of_day.select("as_of", "table_name", "rule", "message").order_by("table_name", "rule"))
    before = {(row["table_name"], row["rule"]) for row in rows if row["as_of"] != as_of}
    fresh = {(row["table_name"], row["rule"]): str(row["message"]) for row in rows if row["as_of"] == as_of}
    fresh = {rule: message for rule, message in fresh.items() if rule not in before}
    if not fresh:
        return None
    which = hashlib.sha256(repr(sorted(fresh)).encode()).hexdigest()[:16]
    return Alert(
        event="new_warnings",
        key=f"warnings:{as_of}:{which}",
        title=f"{project}: {len(fresh)} new warning{'s' if len(fresh) > 1 else ''} on {as_of}",
        lines=told(list(fresh.values())),
        project=project,
        as_of=as_of.isoformat(),
    )
