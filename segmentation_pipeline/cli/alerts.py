"""``segmentation alerts``: whether alerts arrive, and whether the night's publication is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from segmentation_pipeline.errors import UserError

if TYPE_CHECKING:
    from segmentation_pipeline.config.schema import Config
    from segmentation_pipeline.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Who is told when a night went wrong: try it, and look whether one is late.")


@app.command("test", epilog="Example: segmentation alerts test")
def test() -> None:
    """Send a test by every way that is configured."""
    from datetime import UTC, datetime

    from rich.console import Console

    from segmentation_pipeline.alerts.alert import TEST, Alert
    from segmentation_pipeline.alerts.catalog import channels_of
    from segmentation_pipeline.assets.alerts import tell

    settings, config = _project()
    now = datetime.now(UTC)
    project = settings.root.name
    lines = ("Somebody asked for it with 'segmentation alerts test'.",)
    problems = tell(settings, config, [Alert(TEST, f"test:{now.isoformat()}", f"{project}: a test", lines, project)], now)
    if problems:
        raise UserError("; ".join(problems))
    ways = ", ".join(channel.name for channel in channels_of(config.pipeline.alerts))
    Console().print(f"[green]sent[/] by {ways}")


@app.command("late", epilog="Example, for cron: segmentation alerts late")
def late() -> None:
    """Look whether the last night that was due is published, and tell where it is not. For cron, where no UI runs."""
    from datetime import UTC, datetime

    from rich.console import Console
    from rich.markup import escape

    from segmentation_pipeline.alerts.lateness import late_publication
    from segmentation_pipeline.assets.alerts import tell
    from segmentation_pipeline.engine.published import publication

    settings, config = _project()
    now = datetime.now(UTC)
    pipeline = config.pipeline
    found = late_publication(settings.root.name, pipeline, publication(settings, pipeline.engine), now)
    problems = tell(settings, config, [found] if found else [], now)
    if found:
        Console().print(f"[yellow]late[/] {escape(found.text)}", soft_wrap=True, highlight=False)
    else:
        Console().print("[green]on time[/]")
    if problems:
        raise UserError("; ".join(problems))


def _project() -> tuple[Settings, Config]:
    from segmentation_pipeline.alerts.catalog import channels_of
    from segmentation_pipeline.project.configuration import load_config
    from segmentation_pipeline.settings import Settings

    settings = Settings.find()
    config = load_config(settings.config)
    if not channels_of(config.pipeline.alerts):
        raise UserError("no alerts are configured: say in pipeline.yaml under 'alerts' who is to be told (docs/running.md)")
    return settings, config
