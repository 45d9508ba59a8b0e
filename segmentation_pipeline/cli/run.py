"""``segmentation run``: the daily job, with progress and a closing summary."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from segmentation_pipeline.cli.given_day import given_day
from segmentation_pipeline.cli.usual_day import usual_day
from segmentation_pipeline.errors import UserError

if TYPE_CHECKING:
    from segmentation_pipeline.config.schema import Config

STOPPED = 130
"""The exit code of what a person stopped at the keyboard."""


def run(
    as_of: Annotated[
        str | None,
        typer.Option(
            help="Day to run, YYYY-MM-DD: what was known at its end. Default: run.as_of in pipeline.yaml, else yesterday."
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Backfill: every day from this one to --as-of; the last makes audiences.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Make everything anew instead of what changed since the last run.")
    ] = False,
    accept_shrunk: Annotated[
        list[str] | None,
        typer.Option("--accept-shrunk", help="Accept once that this source (or 'all') lost rows, files or opt-outs."),
    ] = None,
    reissue: Annotated[
        list[str] | None,
        typer.Option("--reissue", help="Write a new version of this campaign's frozen list of the day, beside the old one."),
    ] = None,
) -> None:
    """Run everything for one day: ingest, checks, features, models, segments, audiences, publication."""
    try:
        _run_days(as_of, since, full, accept_shrunk, reissue)
    except KeyboardInterrupt:  # before the first day began
        from segmentation_pipeline.cli.summary import print_stopped

        print_stopped(date.min, None, None)
        raise typer.Exit(STOPPED) from None


def _run_days(
    as_of: str | None, since: str | None, full: bool, accept_shrunk: list[str] | None, reissue: list[str] | None
) -> None:
    from segmentation_pipeline.cli import dagster_home
    from segmentation_pipeline.cli.alerting import tell_of_runs
    from segmentation_pipeline.cli.daily_job import close_dead_runs, execute
    from segmentation_pipeline.cli.summary import print_stopped, print_summary
    from segmentation_pipeline.project.load import load_project
    from segmentation_pipeline.settings import Settings

    settings = Settings.find()
    config = load_project(settings)
    days = _days(since, _day(as_of, config), config)
    reissued = _known(reissue, config.campaigns, "--reissue", "campaign")
    if reissued and since is not None:
        raise UserError("--reissue is for one day: give --as-of without --from")
    dagster_home.prepare(settings)
    tell_of_runs(settings, config, close_dead_runs(settings))
    before: date | None = None
    for day in days:
        accepted = _known(accept_shrunk, ("all", *config.sources), "--accept-shrunk", "source") if day == days[0] else ()
        outcome = execute(
            settings,
            config,
            day,
            full,
            each_table=len(days) == 1,
            audiences=day == days[-1],
            accept_shrunk=accepted,
            reissue=reissued,
        )
        if outcome.stopped:
            print_stopped(day, before, outcome)
            raise typer.Exit(STOPPED)
        if day == days[-1] or not outcome.success:
            print_summary(settings, config, day, outcome)
        tell_of_runs(settings, config, [outcome.run_id])
        if not outcome.success:
            raise typer.Exit(1)
        before = day


def _known(given: list[str] | None, known: Collection[str], option: str, what: str) -> tuple[str, ...]:
    """What was given for ``option``.  Raises ``UserError`` for a name that is none of ``known``."""
    from segmentation_pipeline.config.diagnostics import did_you_mean
    from segmentation_pipeline.contracts.sources import SOURCES

    for name in given or ():
        if name not in known and name not in SOURCES:  # one that is no longer configured may be missed
            hint = did_you_mean(name, known)
            raise UserError(f"{option} {name}: no such {what}{f'; {hint}' if hint else ''}. Known: {', '.join(known)}")
    return tuple(given or ())


def _days(since: str | None, last: date, config: Config) -> list[date]:
    """The days to run, oldest first.  Raises ``UserError`` for a first day that is none or lies after the last."""
    if since is None:
        return [last]
    first = given_day(since, "--from")
    _not_before_start(first, "--from", config)
    if first > last:
        raise UserError(f"--from {first} lies after the last day to run, {last}: choose an earlier day or a later --as-of")
    return [date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1)]


def _day(given: str | None, config: Config) -> date:
    """The day to run.  Raises ``UserError`` for one that is no date, too early or not over yet."""
    zone = config.pipeline.business.zone
    today = datetime.now(UTC).astimezone(zone).date()
    day = usual_day(config) if given is None else given_day(given, "--as-of")
    _not_before_start(day, "--as-of", config)
    if day >= today:
        raise UserError(
            f"--as-of {day} is not over yet in {zone.key}: the newest day that can be run is "
            f"{date.fromordinal(today.toordinal() - 1)}"
        )
    return day


def _not_before_start(day: date, option: str, config: Config) -> None:
    first = config.pipeline.run.start_date
    if day < first:
        raise UserError(
            f"{option} {day} lies before run.start_date {first} (pipeline.yaml): choose a later day or an earlier start"
        )
