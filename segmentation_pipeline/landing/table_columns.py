"""Which columns of a database table or query a source needs, and that they are there."""

from __future__ import annotations

from collections.abc import Mapping

from segmentation_pipeline.config.mistakes import did_you_mean
from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.connections.place import Place
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.landing.selection import REFUSED


def needed_columns(place: Place, name: str, source: SourceConfig, kinds: Mapping[str, str]) -> list[str]:
    """The columns to read, those of the natural key first; what no mapping names never leaves the database.

    ``kinds`` are the columns there are with their PostgreSQL types.  Raises ``ConnectionProblem``
    for a mapped or required column that is not there, and for one that holds bytes.
    """
    contract = SOURCES[name]
    ordered = [*contract.natural_key, *(column for column in contract.names if column not in contract.natural_key)]
    wanted = []
    for column in ordered:
        mapping = source.columns.get(column)
        if source.columns and (mapping is None or mapping.source_column is None):
            continue
        origin = mapping.source_column if mapping and mapping.source_column else column
        if origin not in kinds:
            if source.columns or contract.column(column).required:
                raise place.problem(_absent(name, column, origin, kinds))
            continue
        if kinds[origin] in REFUSED:
            raise place.problem(
                f"column '{origin}' ({name}.{column}) holds bytes ({kinds[origin]}), which mean nothing here. "
                f"Map another column, or convert it in {place.key}.query."
            )
        wanted.append(origin)
    return list(dict.fromkeys(wanted))


def _absent(name: str, column: str, origin: str, kinds: Mapping[str, str]) -> str:
    hint = did_you_mean(origin, kinds)
    return (
        f"there is no column '{origin}' ({name}.{column}){f'; {hint}' if hint else '.'} "
        f"There are: {', '.join(kinds)}. Correct sources.{name}.columns in sources.yaml."
    )
