"""What was published, brought to where others read it: one asset per configured destination."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.campaigns.audience_log import DELIVERED
from segmentation_pipeline.campaigns.lists import lists_on_disk
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.published import opened_publication
from segmentation_pipeline.session import Made, Session


def steps(config: Config) -> list[Step]:
    # Always: whether a destination holds the publication is known there, not here.
    found = []
    if config.pipeline.destinations.postgres:
        found.append(
            Step(
                table=tables.DESTINATION_POSTGRES,
                group="destinations",
                description="Published tables in a PostgreSQL schema, replaced in one transaction.",
                compute=_postgres,
                deps=[tables.PUBLICATION],
                kinds=frozenset({"postgres"}),
                always=True,
            )
        )
    if config.pipeline.destinations.object_store:
        found.append(
            Step(
                table=tables.DESTINATION_OBJECT_STORE,
                group="destinations",
                description="Published tables as Parquet in an object store; current.json names the folder that counts.",
                compute=_object_store,
                deps=[tables.PUBLICATION],
                kinds=frozenset({"parquet"}),
                always=True,
            )
        )
    return found


def _postgres(session: Session, as_of: date) -> Made:
    from segmentation_pipeline.destinations.postgres import deliver

    destination = session.config.pipeline.destinations.postgres
    assert destination is not None
    delivered = deliver(session.publication, destination)
    return Made(sum(delivered.rows.values()), {"tables": len(delivered.rows), "sent": _sent(delivered.changed)})


def _object_store(session: Session, as_of: date) -> Made:
    from segmentation_pipeline.destinations.object_store import deliver

    destination = session.config.pipeline.destinations.object_store
    assert destination is not None
    delivered = deliver(session.publication, session.settings.audiences, destination)
    if destination.audiences:
        _freeze_delivered(session)
    numbers: dict[str, int | float | str] = {"files sent": delivered.files, "sent": _sent(delivered.changed)}
    return Made(sum(delivered.rows.values()), numbers)


def _freeze_delivered(session: Session) -> None:
    """The lists of the published day are out of the house: no later run may change them."""
    with opened_publication(session.publication) as publication:
        day = date.fromisoformat(publication.day())
    already = session.audience_log.handed_over()
    for each in lists_on_disk(session.settings.audiences):
        if each.as_of == day and each not in already:
            session.audience_log.add(DELIVERED, each.as_of, each.campaign, each.version, to="object_store")


def _sent(changed: bool) -> str:
    return "yes" if changed else "no: it holds this publication already"
