"""``segmentation check --impact``: who would enter and leave each segment if the pipeline ran with this configuration."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console
    from rich.table import Table

    from segmentation_pipeline.config.schema import Config
    from segmentation_pipeline.segmentations.impact import Effect
    from segmentation_pipeline.settings import Settings


def print_impact(console: Console, settings: Settings, config: Config) -> None:
    """Read the last publication and print what would change; nothing is written and no run is waited for.

    Raises ``UserError`` when there is no publication yet.
    """
    from rich.markup import escape

    from segmentation_pipeline.engine.published import publication, publication_engine
    from segmentation_pipeline.errors import UserError
    from segmentation_pipeline.segmentations.impact import impact

    path = publication(settings, config.pipeline.engine)
    if not path.exists():
        raise UserError(f"nothing to compare with yet: {path} does not exist. Run 'segmentation run' first.")
    with publication_engine(path, config.pipeline.engine, settings.reading) as engine:
        days = engine.table("published.publication")
        [row] = engine.rows(days.agg(as_of=days.as_of.max()))
        as_of = cast("date", row["as_of"])
        profile, members = engine.table("published.customer_profile"), engine.table("published.customer_segments")
        found = impact(engine, profile, members, config, as_of)
    console.print(
        f"\nAgainst the publication for {as_of}, with its features and model scores "
        "(changed sources, settings and models show in the next run):",
        soft_wrap=True,
        highlight=False,
    )
    by_name = {name: list(effects) for name, effects in groupby(found.effects, key=lambda effect: effect.segmentation)}
    same = [name for name in config.segmentations if name not in found.untold and not _moves(by_name.get(name, []))]
    if same:
        console.print(f"[green]unchanged[/] {escape(', '.join(same))}", soft_wrap=True, highlight=False)
    for name, reason in found.untold.items():
        console.print(f"[yellow]cannot be told[/] {escape(name)}: {escape(reason)}", soft_wrap=True, highlight=False)
    for name, effects in by_name.items():
        if _moves(effects):
            console.print(_table(name, effects, gone=name not in config.segmentations))


def _moves(effects: Sequence[Effect]) -> bool:
    return any(effect.entering or effect.leaving for effect in effects)


def _table(name: str, effects: Sequence[Effect], *, gone: bool) -> Table:
    from rich.markup import escape
    from rich.table import Table

    title = f"{escape(name)} (no longer configured)" if gone else escape(name)
    table = Table("segment", "before", "after", "enter", "leave", "such as", title=title, title_justify="left")
    for effect in effects:
        examples = [f"+ {customer}" for customer in effect.who_enters] + [f"- {customer}" for customer in effect.who_leaves]
        numbers = (effect.before, effect.after, effect.entering, effect.leaving)
        table.add_row(escape(effect.segment), *(f"{number}" for number in numbers), escape(", ".join(examples)))
    return table
