"""What ran: who writes now, the last run, the publication, alerts that wait, Dagster's home."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime

from segmentation_pipeline.alerts.catalog import channels_of
from segmentation_pipeline.alerts.lateness import late_publication
from segmentation_pipeline.alerts.outbox import waiting
from segmentation_pipeline.assets.run_history import Form, form_of
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.doctor.finding import Finding, age, error, ok, size, warning
from segmentation_pipeline.engine import lock
from segmentation_pipeline.engine.published import opened_publication, publication
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.settings import Settings

_LONG_SECONDS = 12 * 3_600
_MUCH_HISTORY = 5e9
_LAST = "SELECT status, partition, start_time, end_time FROM runs WHERE start_time IS NOT NULL ORDER BY start_time DESC LIMIT 1"


def writer(settings: Settings, now: datetime) -> tuple[Finding, bool]:
    """Who holds the writer lock and since when; and whether anybody does."""
    if lock.is_free(settings.writer_lock):
        return ok("writer", "nobody is writing"), False
    holder, since = lock.holder(settings.writer_lock)
    seconds = now.timestamp() - since if since else 0.0
    told = f"{holder} is writing{f', for {age(seconds)}' if since else ''}"
    if seconds > _LONG_SECONDS:
        return warning("writer", told, "See in the UI whether it goes on; stop it by its process number if not."), True
    return ok("writer", told), True


def last_run(settings: Settings) -> Finding:
    """The run that began last, by Dagster's records."""
    path = settings.dagster_home / "history" / "runs.db"
    if not path.is_file():
        return ok("last run", "none yet")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1)) as records:
            row = records.execute(_LAST).fetchone()
    except sqlite3.Error as problem:
        return warning(
            "last run", f"Dagster's records cannot be read ({problem})", f"Move {path.parent} away; a run begins new ones."
        )
    if row is None:
        return ok("last run", "none yet")
    status, day, began, ended = row
    at = f"{datetime.fromtimestamp(began, UTC):%Y-%m-%d %H:%M} UTC"
    seconds = f" in {ended - began:,.0f} s" if ended else ""
    told = f"{str(status).lower()}{f' for {day}' if day else ''}, begun {at}{seconds}"
    if status == "FAILURE":
        return warning("last run", told, "'segmentation run' again says why; so does the run's page in 'segmentation ui'.")
    return ok("last run", told)


def published(settings: Settings, config: Config, now: datetime) -> Finding:
    """The day that is published, and whether a later one was due."""
    path = publication(settings, config.pipeline.engine)
    if not path.exists():
        return warning("publication", "nothing is published yet", "Run 'segmentation run'.")
    try:
        with opened_publication(path) as opened:
            day = opened.day()
        late = late_publication(settings.root.name, config.pipeline, path, now)
    except Exception as problem:  # whatever the file holds, the other lines are wanted
        return error(
            "publication", f"{path} cannot be read ({type(problem).__name__})", "Run 'segmentation run --full', or restore."
        )
    written = age(max(0.0, now.timestamp() - path.stat().st_mtime))
    if late:
        return warning(
            "publication", f"{day}, written {written} ago. {late.lines[0]}", "See 'last run'; then 'segmentation run'."
        )
    return ok("publication", f"{day}, written {written} ago")


def alerts(settings: Settings, config: Config) -> Finding:
    """The ways alerts go, and those that could not be brought yet."""
    ways = [channel.name for channel in channels_of(config.pipeline.alerts)]
    if left := waiting(settings.alerts):
        told = f"{len(left)} could not be brought yet, the first since {left[0].since:%Y-%m-%d %H:%M} UTC: {left[0].title}"
        return warning("alerts", told, "'segmentation check --connections' tells which way does not answer.")
    return ok("alerts", f"by {', '.join(ways)}; none waits" if ways else "not configured: nobody is told of a night that fails")


def destinations(config: Config) -> Iterator[Finding]:
    """Where published tables and lists are brought; whether they answer is for ``check --connections``."""
    from segmentation_pipeline.destinations.catalog import destinations_of

    if names := [destination.name for destination in destinations_of(config)]:
        yield ok("destinations", f"{', '.join(names)}; 'segmentation check --connections' asks whether they answer")


def dagster_home(settings: Settings, variables: Mapping[str, str]) -> Finding:
    """Where runs are recorded, how many and how large."""
    home = settings.dagster_home
    other = variables.get("DAGSTER_HOME")
    if other and other != str(home):
        cure = "Unset it: commands of the project use their own, and 'dagster' by itself would not see their runs."
        return warning("dagster home", f"DAGSTER_HOME is {other}, and the project's is {home}", cure)
    form = form_of(home)
    if form is Form.LATER:
        cure = f"Install the Dagster that wrote them (constraints.txt of that release), or move {home / 'history'} away."
        return error("dagster home", f"the records in {home} were written by a later Dagster than is installed", cure)
    if form is Form.OLDER:
        cure = f"Stop the UI, then: DAGSTER_HOME={home} dagster instance migrate"
        return warning("dagster home", f"the records in {home} were written by an earlier Dagster", cure)
    runs = home / "history" / "runs"
    if not runs.is_dir():
        return ok("dagster home", f"{home}, made by the first run")
    found = [path for path in runs.iterdir() if path.is_file()]
    sizes = [path.stat().st_size for path in found]
    count = sum(path.suffix == ".db" and path.stem != "index" for path in found)
    told = f"{home}, {count} {'run' if count == 1 else 'runs'}, {size(sum(sizes))}"
    if sum(sizes) > _MUCH_HISTORY:
        return warning("dagster home", told, "Delete old runs on the page 'Runs' of the UI.")
    return ok("dagster home", told)


def configuration(problem: UserError) -> Finding:
    """A configuration that does not load; what depends on it is not looked at."""
    return error("configuration", str(problem), "Correct it; 'segmentation check' names every mistake at once.")
