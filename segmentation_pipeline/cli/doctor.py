"""``segmentation doctor``: what to look at when something is odd."""

from __future__ import annotations

from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON instead, for other programs.")] = False,
) -> None:
    """Look at the machine, the installation, the files and the last run; say what is wrong and what to do.  Exit code 1 where
    something is an error.  Waits for nobody and changes nothing.
    """
    import json
    import os
    from dataclasses import asdict
    from datetime import UTC, datetime

    from rich.console import Console
    from rich.markup import escape

    from segmentation_pipeline.doctor.examine import examine
    from segmentation_pipeline.doctor.finding import Level
    from segmentation_pipeline.settings import Settings

    found = list(examine(Settings.find(), os.environ, datetime.now(UTC)))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
    else:
        colours, console = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "bold red"}, Console()
        for one in found:
            colour = colours[one.level]
            line = f"[{colour}]{one.level:7}[/] {escape(one.name)}: {escape(one.told)}"
            console.print(line, soft_wrap=True, highlight=False)
            if one.cure:
                console.print(f"        {escape(one.cure)}", soft_wrap=True, highlight=False)
    if any(one.level is Level.ERROR for one in found):
        raise typer.Exit(1)
