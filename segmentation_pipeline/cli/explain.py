"""``segmentation explain CUSTOMER``: which segments and audiences, why, and why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from segmentation_pipeline.errors import UserError

if TYPE_CHECKING:
    from rich.table import Table

    from segmentation_pipeline.explain import Story


def explain(
    customer: Annotated[str, typer.Argument(help="The customer_id, as in the published tables, or the address it stands for.")],
) -> None:
    """Tell which segments and audiences a customer is in as of the last run, with the reason for each."""
    from rich.console import Console
    from rich.markup import escape

    from segmentation_pipeline.engine import lock
    from segmentation_pipeline.engine.file_modes import private_files
    from segmentation_pipeline.engine.open import open_engine
    from segmentation_pipeline.engine.published import publication
    from segmentation_pipeline.explain import explain as explain_customer
    from segmentation_pipeline.privacy.pseudonyms import Pseudonyms
    from segmentation_pipeline.project.load import load_project
    from segmentation_pipeline.settings import Settings

    settings = Settings.find()
    config = load_project(settings)
    path = publication(settings, config.pipeline.engine)
    if not path.exists():
        raise UserError(f"nothing to explain yet: {path} does not exist. Run 'segmentation run' first.")
    console, wait = Console(), config.pipeline.run.wait_for_writer_seconds
    with (
        lock.writer(settings.writer_lock, "explain", wait, console.print),
        private_files(),
    ):
        engine = open_engine(settings, config.pipeline.engine, wait, console.print)
        try:
            customer = Pseudonyms(settings.secrets).known_as(engine, customer, config.pipeline.business)
            story = explain_customer(engine, config, customer)
        finally:
            engine.close()
    also = f", the same person as {escape(', '.join(story.also))}" if story.also else ""
    console.print(f"[bold]{escape(story.customer_id)}[/] as of {story.as_of}{also}")
    for table in _tables(story):
        console.print(table)


def _tables(story: Story) -> Iterator[Table]:
    """Segments, scores that rules compare, and campaigns; the last two where there are any."""
    from rich.markup import escape
    from rich.table import Table

    segments = Table("segmentation", "segment", "why", "what would move them")
    for line in story.segments:
        before = "".join(f"\n{text}" for text in line.before)
        why, counterfactuals = escape("\n".join(line.because) + before), escape("\n".join(line.counterfactuals))
        segments.add_row(line.segmentation, ", ".join(line.segments) or "-", why, counterfactuals)
    yield segments
    scores = Table("score", "compared", "by", "what would move it across")
    for score in story.scores:
        name, by = f"{score.threshold.column} is {score.score:.4g}", ", ".join(score.compared_by)
        scores.add_row(name, escape(str(score.threshold)), escape(by), escape("\n".join(score.words())))
    if story.scores:
        yield scores
    campaigns = Table("campaign", "outcome", "rank", "why")
    for row in story.campaigns:
        outcome = row["arm"] or f"left out at {row['stopped_at']}"
        campaigns.add_row(
            str(row["campaign"]), str(outcome), "" if row["rank"] is None else str(row["rank"]), escape(str(row["reason"]))
        )
    if story.campaigns:
        yield campaigns
