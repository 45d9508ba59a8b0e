"""Would a landing work?  Opens what a source names and fetches nothing."""

from __future__ import annotations

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.connections.postgres import connected
from segmentation_pipeline.landing.database import asked_columns, place_of
from segmentation_pipeline.landing.objects import matching


def try_source(name: str, source: SourceConfig) -> str:
    """What was found, in a few words.  Raises ``ConnectionProblem`` for whatever would stop a landing."""
    if source.database is None:
        return f"{len(matching(name, source))} objects match"
    with connected(place_of(name), source.database.url_env, read_only=True) as postgres:
        return f"{len(asked_columns(postgres, name, source).columns)} columns to read"
