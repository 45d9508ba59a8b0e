"""``segmentation check --connections``: does every database, object store, destination and way of alerts answer?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from segmentation_pipeline.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from segmentation_pipeline.config.schema import Config


def print_connections(console: Console, config: Config) -> bool:
    """Test each configured connection and print what came of it; whether all of them work."""
    from rich.markup import escape
    from rich.table import Table

    table = Table("connection", "state", title="connections")
    good = True
    for name, connection_test in _connection_tests(config):
        try:
            table.add_row(name, f"[green]ok[/] {escape(connection_test())}")
        except UserError as error:
            good = False
            table.add_row(name, f"[red]failed[/] {escape(str(error))}")
    if table.row_count:
        console.print(table)
    else:
        console.print("no connections: all sources are local files and there are no destinations.")
    return good


def _connection_tests(config: Config) -> Iterator[tuple[str, Callable[[], str]]]:
    from segmentation_pipeline.alerts.catalog import channels_of
    from segmentation_pipeline.destinations.catalog import destinations_of
    from segmentation_pipeline.landing.catalog import landing_of

    for name, source in config.sources.items():
        if source.lands:
            yield f"source {name}", landing_of(name, source).connection_test
    for destination in destinations_of(config):
        yield f"destination {destination.name}", destination.connection_test
    for channel in channels_of(config.pipeline.alerts):
        yield f"alerts by {channel.name}", channel.connection_test
