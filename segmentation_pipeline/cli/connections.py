"""``segmentation check --connections``: does every database and object store answer?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from segmentation_pipeline.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from segmentation_pipeline.config.schema import Config


def print_connections(console: Console, config: Config) -> bool:
    """Try each configured connection and print what came of it; whether all of them work."""
    from rich.markup import escape
    from rich.table import Table

    table = Table("connection", "state", title="connections")
    good = True
    for name, attempt in _attempts(config):
        try:
            table.add_row(name, f"[green]ok[/] {escape(attempt())}")
        except UserError as error:
            good = False
            table.add_row(name, f"[red]failed[/] {escape(str(error))}")
    if table.row_count:
        console.print(table)
    else:
        console.print("no connections: all sources are local files and there are no destinations.")
    return good


def _attempts(config: Config) -> Iterator[tuple[str, Callable[[], str]]]:
    from segmentation_pipeline.destinations.trial import try_object_store, try_postgres
    from segmentation_pipeline.landing.trial import try_source

    for name, source in config.sources.items():
        if source.lands:
            yield f"source {name}", partial(try_source, name, source)
    destinations = config.pipeline.destinations
    if destinations.postgres:
        yield "destination postgres", partial(try_postgres, destinations.postgres)
    if destinations.object_store:
        yield "destination object_store", partial(try_object_store, destinations.object_store)
