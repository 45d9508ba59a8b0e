"""What was published, brought to where others read it: one asset per configured destination."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.campaigns.audience_log import DELIVERED
from segmentation_pipeline.campaigns.lists import lists_on_disk
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.destinations.catalog import destinations_of
from segmentation_pipeline.destinations.destination import Destination
from segmentation_pipeline.engine.published import opened_publication
from segmentation_pipeline.run_context import RunContext, StepResult


def steps(config: Config) -> list[Step]:
    found = destinations_of(config)
    first = [tables.destination(destination.name) for destination in found if not destination.comes_last]
    return [_step(destination, first if destination.comes_last else []) for destination in found]


def _step(destination: Destination[Any], after: Sequence[str]) -> Step:
    def compute(run: RunContext) -> StepResult:
        delivered = destination.deliver(run.publication, run.settings.audiences)
        if destination.audiences:
            _freeze_delivered(run, destination.name)
        sent = "yes" if delivered.changed else "no: it holds this publication already"
        files = {"tables": len(delivered.rows)} if delivered.files is None else {"files sent": delivered.files}
        return StepResult(sum(delivered.rows.values()), {**files, "sent": sent})

    contract = TableContract(tables.destination(destination.name), destination.description, kinds=destination.badges)
    return Step(
        table=contract.table,
        compute=compute,
        reads=[tables.PUBLICATION],
        after=after,
        contracts=(contract,),
        always=True,  # whether a destination holds the publication is known there, not here
    )


def _freeze_delivered(run: RunContext, destination: str) -> None:
    """The lists of the published day are out of the house: no later run may change them."""
    with opened_publication(run.publication) as publication:
        day = date.fromisoformat(publication.day())
    already = run.audience_log.handed_over()
    for each in lists_on_disk(run.settings.audiences):
        if each.as_of == day and each not in already:
            run.audience_log.add(DELIVERED, each.as_of, each.campaign, each.version, to=destination)
