"""``segmentation check``: is the configuration right, and what does it switch on and off?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from segmentation_pipeline.config.schema import Config
    from segmentation_pipeline.settings import Settings


def check(
    connections: Annotated[
        bool, typer.Option("--connections", help="Also test the connection to every database, object store and destination.")
    ] = False,
    impact: Annotated[
        bool, typer.Option("--impact", help="Also show who would enter and leave each segment, against the last publication.")
    ] = False,
) -> None:
    """Validate the configuration and look at the first records of every file, without running anything; list what is off and
    what would turn it on."""
    from rich.console import Console

    from segmentation_pipeline.cli.connections import print_connections
    from segmentation_pipeline.models.catalog import customer_columns
    from segmentation_pipeline.project.load import load_project
    from segmentation_pipeline.settings import Settings

    settings = Settings.find()
    config = load_project(settings)
    console = Console()
    _print_sources(console, settings, config)
    _print_what_is_off(console, settings, config)
    if not _print_what_files_hold(console, settings, config):
        raise typer.Exit(1)
    console.print(
        f"[green]ok[/] {len(config.sources)} sources, {len(customer_columns(config))} columns for rules, "
        f"{len(config.segmentations)} segmentations, {len(config.campaigns)} campaigns.",
        highlight=False,
    )
    if impact:
        from segmentation_pipeline.cli.impact import print_impact

        print_impact(console, settings, config)
    if connections and not print_connections(console, config):
        raise typer.Exit(1)


def _print_sources(console: Console, settings: Settings, config: Config) -> None:
    from rich.markup import escape
    from rich.table import Table

    from segmentation_pipeline.contracts.sources import SOURCES

    table = Table("source", "files", "state", title=f"sources of {escape(settings.root.name)}")
    for name, contract in SOURCES.items():
        if name in config.sources:
            table.add_row(name, *_files_and_state(settings, config, name))
        else:
            table.add_row(name, "", f"off: not in sources.yaml. {contract.description}")
    console.print(table)


def _files_and_state(settings: Settings, config: Config, name: str) -> tuple[str, str]:
    """How many files a configured source has, and whether it is on, in words."""
    from segmentation_pipeline.ingest.files import has_landed, source_files
    from segmentation_pipeline.ingest.headers import absent_columns

    source = config.sources[name]
    if source.derive_from:
        return "", f"made from {source.derive_from}"
    if source.lands and not has_landed(settings.root, name, source):
        return "", "on, fetched by the next run"
    files = source_files(settings.root, name, source)
    absent = absent_columns(name, source, files)
    of_profile = f", as profile {source.profile} says" if source.profile else ""
    return str(len(files)), (f"on, without {', '.join(absent)}" if absent else "on") + of_profile


def _print_what_is_off(console: Console, settings: Settings, config: Config) -> None:
    """Columns that are off by reason, campaigns that reach nobody, and what was probably meant otherwise."""
    from rich.markup import escape

    from segmentation_pipeline.models.catalog import unavailable_columns
    from segmentation_pipeline.project.configuration import PRIVACY
    from segmentation_pipeline.project.load import project_warnings

    off: dict[str, list[str]] = {}
    for column, reason in unavailable_columns(config).items():
        off.setdefault(reason, []).append(column)
    for reason, columns in off.items():
        console.print(f"[yellow]off[/] {escape(', '.join(columns))}: {escape(reason)}", soft_wrap=True, highlight=False)
    if config.campaigns and not config.has("consents") and config.privacy.consent == "required":
        console.print(
            "[yellow]nobody will be contacted[/]: campaigns need consent and there is no source 'consents'. Add it, or say "
            "'consent: not_required' with a reason in privacy.yaml.",
            soft_wrap=True,
            highlight=False,
        )
    if config.campaigns and not (settings.config / PRIVACY).exists():
        console.print("[yellow]no privacy.yaml[/]: what it could say is as by default; consent is required.", soft_wrap=True)
    for problem in project_warnings(settings, config):
        console.print(f"[yellow]warning[/] {escape(problem.on_one_line)}", soft_wrap=True, highlight=False)


def _print_what_files_hold(console: Console, settings: Settings, config: Config) -> bool:
    """What the first records of every file let expect of a run; False where it would stop."""
    from rich.markup import escape

    from segmentation_pipeline.cli.usual_day import usual_day
    from segmentation_pipeline.quality.look import look

    found = look(settings.root, config, usual_day(config))
    for one in found:
        colour = "red" if one.severity == "error" else "yellow"
        console.print(f"[{colour}]{one.severity}[/] {one.source}: {escape(one.message)}", soft_wrap=True, highlight=False)
    stops = any(one.severity == "error" for one in found)
    if stops:
        console.print(
            "[red]the run would stop[/] if all records are like the first: correct what is named, then check again.",
            highlight=False,
        )
    return not stops
