"""What ``segmentation init`` made, shown: the first records as they will be read, what they make possible, what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from segmentation_pipeline.config.schema import Config
    from segmentation_pipeline.settings import Settings
    from segmentation_pipeline.starting.possible import Addition
    from segmentation_pipeline.starting.preview import Preview

_SOURCES, _COLUMNS = 3, 2
"""Of how many further sources, and columns of those that are there, it is said what they would add."""


def looked(console: Console, settings: Settings) -> None:
    """Read the first records as a run would, show what they come to, and end as ``segmentation check`` does."""
    from rich.markup import escape as plain

    from segmentation_pipeline.cli.usual_day import usual_day
    from segmentation_pipeline.project.load import load_project
    from segmentation_pipeline.quality.look import look
    from segmentation_pipeline.starting.preview import preview

    config = load_project(settings)
    if _segmentations_written(console, settings, config):
        config = load_project(settings)
    seen: list[Preview] = []
    found = look(settings.root, config, usual_day(config), lambda engine: seen.append(preview(engine)))
    for one in seen:
        _shown(console, one, config)
    _possible(console, config)
    for problem in found:
        colour = "red" if problem.severity == "error" else "yellow"
        told = f"[{colour}]{problem.severity}[/] {problem.source}: {plain(problem.message)}"
        console.print(told, soft_wrap=True, highlight=False)
    if any(problem.severity == "error" for problem in found):
        console.print("[red]a run would stop[/]: correct config/sources.yaml, then 'segmentation check'.", highlight=False)
        raise typer.Exit(1)
    there = "" if settings.root == Path.cwd() else f"in {settings.root}: "
    next_steps = f"Next, {there}compare these totals with those of the shop, then 'segmentation check' and 'segmentation run'."
    console.print(next_steps, soft_wrap=True, highlight=False, markup=False)


def _segmentations_written(console: Console, settings: Settings, config: Config) -> bool:
    """Write the segmentations that these sources can feed, where the project has none yet."""
    from segmentation_pipeline.project.configuration import SEGMENTATIONS
    from segmentation_pipeline.starting.possible import starting_segmentations

    target = settings.config / SEGMENTATIONS
    if target.exists():
        console.print(f"kept config/{SEGMENTATIONS}", highlight=False)
        return False
    beside = target.with_suffix(".new")
    beside.write_text(starting_segmentations(config), encoding="utf-8")
    beside.replace(target)
    console.print(f"wrote config/{SEGMENTATIONS}", highlight=False)
    return True


def _possible(console: Console, config: Config) -> None:
    """Say what the sources and columns make possible, and what the most useful further ones would add."""
    from segmentation_pipeline.contracts.sources import SOURCES
    from segmentation_pipeline.starting.possible import additions, possible

    def say(text: str) -> None:
        console.print(text, soft_wrap=True, highlight=False, markup=False)

    now = possible(config)
    say(f"These files make possible {len(now.segmentations)} segmentations: {', '.join(now.segmentations.values())}.")
    say(f"  They are made of {now.columns} columns about: {_listed(now.families)}.")
    further = additions(config)
    sources = [one for one in further if "." not in one.what][:_SOURCES]
    several: dict[object, Addition] = {}
    for one in further:
        if "." in one.what:
            several.setdefault((one.segmentations, one.families), one)  # of columns that add the same the first
    columns = [*several.values()][:_COLUMNS]
    for one in [*sources, *columns]:
        source, _, column = one.what.partition(".")
        contract = SOURCES[source]
        meaning = contract.column(column).description if column else contract.description
        added = [*one.segmentations, *([f"columns about {_listed(one.families)}"] if one.families else [])]
        say(f"  {'A source' if not column else 'A column'} {one.what} ({meaning.rstrip('.')}) would add: {', '.join(added)}.")
    if not config.has("consents") and config.privacy.consent == "required":
        say("  Without a source consents nobody is contacted: the audiences of campaigns stay empty.")


def _listed(families: Sequence[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in families)


def _shown(console: Console, seen: Preview, config: Config) -> None:
    from rich.markup import escape as plain
    from rich.table import Table

    from segmentation_pipeline.config.diagnostics import shown

    table = Table("order", "ordered at (UTC)", "amount", "status", "paid back", title="as they will be read")
    for row in seen.rows:
        values = ("" if value is None else plain(shown(str(value))[1:-1]) for value in row.values())
        table.add_row(*values)
    console.print(table)
    currency = config.pipeline.business.currency
    guests = f"; {seen.guest_orders:,} of nobody with {seen.guest_revenue:,}" if seen.guest_orders else ""
    console.print(
        f"first records: {seen.orders:,} orders of {seen.customers:,} customers, {seen.revenue:,} {currency} bought, "
        f"{seen.returned:,} paid back with the order{guests}; {seen.first_day} to {seen.last_day}",
        soft_wrap=True,
        highlight=False,
    )
