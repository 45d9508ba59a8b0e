"""``segmentation audience preview | seal | verify | log``: lists before they are made, before they are sent, and after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from segmentation_pipeline.errors import UserError

if TYPE_CHECKING:
    from segmentation_pipeline.campaigns.revoked import Checked

app = typer.Typer(
    help="Lists: preview, freeze, check before sending, see what happened to them.",
    no_args_is_help=True,
)

MANIFEST = "manifest.json"

OBJECTED = 3
"""Exit code of ``verify`` when somebody on a list must not be contacted, or a file is not the one that was made."""

_Campaign = Annotated[str | None, typer.Argument(help="One campaign; left out: all of the day.")]
_Json = Annotated[bool, typer.Option("--json", help="Print it as JSON instead, for other programs.")]
_Day = Annotated[str | None, typer.Option("--as-of", help="Day of the lists, YYYY-MM-DD. Default: the newest.")]


@app.command(epilog="Example: segmentation audience preview win_back")
def preview(
    campaign: Annotated[str, typer.Argument(help="A campaign of campaigns.yaml as it is now.")],
    as_json: _Json = False,
) -> None:
    """Show what a list would be: who drops out where, overlaps, cost, what its holdout could measure.  Nothing is written.

    Reads what the last run left and the configuration as it is in the folder.
    """
    import json
    from dataclasses import asdict

    from rich.console import Console

    from segmentation_pipeline.assets.audience_preview import preview as preview_of
    from segmentation_pipeline.cli.audience_preview import print_preview
    from segmentation_pipeline.engine import lock
    from segmentation_pipeline.engine.file_modes import private_files
    from segmentation_pipeline.project.load import load_project
    from segmentation_pipeline.settings import Settings

    settings = Settings.find()
    config = load_project(settings)
    wait, say = config.pipeline.run.wait_for_writer_seconds, Console(stderr=True).print
    with lock.writer(settings.writer_lock, "audience preview", wait, say), private_files():
        found = preview_of(settings, config, campaign)
    if as_json:
        typer.echo(json.dumps(asdict(found), default=str, indent=2, ensure_ascii=False))
    else:
        print_preview(Console(), found, config.campaigns[campaign])


@app.command(epilog="Example: segmentation audience seal win_back --as-of 2026-06-30")
def seal(campaign: _Campaign = None, as_of: _Day = None) -> None:
    """Freeze a day's lists, or one of them: no later run changes or removes them.  Do this when you hand a list over."""
    from rich.console import Console
    from rich.markup import escape

    from segmentation_pipeline.assets.objections import lists_to_check
    from segmentation_pipeline.campaigns.audience_log import SEALED, AudienceLog
    from segmentation_pipeline.campaigns.lists import lists_on_disk, read_manifest
    from segmentation_pipeline.campaigns.seal import SEAL
    from segmentation_pipeline.engine import lock
    from segmentation_pipeline.project.configuration import load_config
    from segmentation_pipeline.settings import Settings

    settings = Settings.find()
    wait = load_config(settings.config).pipeline.run.wait_for_writer_seconds
    console = Console()
    with lock.writer(settings.writer_lock, "audience seal", wait, console.print):
        lists = lists_to_check(lists_on_disk(settings.audiences), _parsed(as_of), campaign)
        log = AudienceLog(settings.audience_log)
        already = log.handed_over()
        for each in lists:
            if each not in already:
                seal = read_manifest(settings.audiences, each).get(SEAL)
                log.add(SEALED, each.as_of, each.campaign, each.version, **({"seal": seal} if seal else {}))
            console.print(f"[green]sealed[/] {escape(str(each))}", highlight=False)
        day = lists[0].as_of
        if campaign is None and day not in log.sealed_days():
            log.add(SEALED, day, None)


@app.command(epilog="Example: segmentation audience verify --as-of 2026-06-30")
def verify(campaign: _Campaign = None, as_of: _Day = None, as_json: _Json = False) -> None:
    """Tell who has objected since the lists were made, by the files as they are now.  Run this before sending.

    Writes revoked.csv beside each list; ends with code 3 when anybody on a list must not be contacted any more.
    """
    import json

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from segmentation_pipeline.assets.objections import check_lists, lists_to_check
    from segmentation_pipeline.campaigns.lists import REVOKED, lists_on_disk
    from segmentation_pipeline.engine import lock
    from segmentation_pipeline.engine.file_modes import private_files, tidy
    from segmentation_pipeline.project.configuration import load_config
    from segmentation_pipeline.settings import Settings

    settings = Settings.find()
    config = load_config(settings.config)
    console, say = Console(), Console(stderr=True).print
    with (
        lock.writer(settings.writer_lock, "audience verify", config.pipeline.run.wait_for_writer_seconds, say),
        private_files(),
    ):
        tidy(settings)
        lists = lists_to_check(lists_on_disk(settings.audiences), _parsed(as_of), campaign)
        found = check_lists(settings, config, lists)
    revoked = [checked for checked in found if checked.count]
    is_good = not revoked and all(checked.intact for checked in found)
    if as_json:
        typer.echo(json.dumps([_as_json(checked) for checked in found], indent=2, ensure_ascii=False))
        raise typer.Exit(0 if is_good else OBJECTED)
    table = Table("list", "people", "must not be contacted", "stopped at", "such as")
    for checked in found:
        steps = ", ".join(f"{step}: {people}" for step, people in checked.revoked.items())
        such = ", ".join(checked.masked)
        table.add_row(escape(str(checked.listed)), f"{checked.people:,}", f"{checked.count:,}", steps, escape(such))
    console.print(table)
    for checked in found:
        if not checked.intact:
            console.print(
                f"[bold red]changed[/] {escape(str(checked.listed))}: {escape(_not_as_made(checked.changed))}",
                soft_wrap=True,
                highlight=False,
            )
    for checked in revoked:
        where = settings.audiences / checked.listed.folder / REVOKED
        console.print(f"take out whoever is in {escape(str(where))}", soft_wrap=True, highlight=False)
    if not is_good:
        raise typer.Exit(OBJECTED)
    console.print("[bold green]Nobody on these lists has objected.[/]")


def _as_json(checked: Checked) -> dict[str, object]:
    return {
        "list": str(checked.listed),
        "people": checked.people,
        "must_not_be_contacted": checked.count,
        "stopped_at": dict(checked.revoked),
        "such_as": list(checked.masked),
        "changed": list(checked.changed),
    }


@app.command("log", epilog="Example: segmentation audience log win_back --json")
def show_log(campaign: _Campaign = None, as_of: _Day = None, as_json: _Json = False) -> None:
    """Show what happened to lists: made, made again and what differed, sealed, delivered, checked, reissued, erased from."""
    import json
    from dataclasses import asdict

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from segmentation_pipeline.campaigns.audience_log import AudienceLog
    from segmentation_pipeline.settings import Settings

    day = _parsed(as_of)
    logged = AudienceLog(Settings.find().audience_log).events()
    events = [one for one in logged if day in (None, one.as_of) and (campaign is None or one.campaign in (None, campaign))]
    if as_json:
        typer.echo(json.dumps([asdict(event) for event in events], default=str, indent=2, ensure_ascii=False))
        return
    table = Table("as of", "campaign", "what", "figures")
    for event in events:
        name = "all" if event.campaign is None else event.campaign
        version = f", version {event.version}" if event.version > 1 else ""
        table.add_row(event.as_of.isoformat(), escape(name + version), event.event, escape(_figures(event.facts)))
    console = Console()
    console.print(table)


def _not_as_made(changed: Sequence[str]) -> str:
    files = [name for name in changed if name != MANIFEST]
    told = [f"{', '.join(files)} {'is not the file its' if len(files) == 1 else 'are not the files their'} manifest tells of"]
    return "; ".join([*(told if files else []), *(["the seal of manifest.json is broken"] if MANIFEST in changed else [])])


def _figures(facts: object) -> str:
    """The figures of an event in one line; hashes by their beginning."""
    if isinstance(facts, dict):
        return ", ".join(f"{name} {_figures(value)}" for name, value in facts.items())
    if isinstance(facts, str) and len(facts) == 64:
        return facts[:12]
    return str(facts)


def _parsed(given: str | None) -> date | None:
    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise UserError(f"--as-of {given}: not a day, expected YYYY-MM-DD such as 2026-06-30") from None
