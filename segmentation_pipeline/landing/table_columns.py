"""Which columns of a database table or query a source needs, and that they are there."""

from __future__ import annotations

from collections.abc import Mapping

from segmentation_pipeline.config.diagnostics import did_you_mean
from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.connections.place import Place
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.landing.selection import REFUSED
from segmentation_pipeline.rules.file_columns import asked_besides, origins_of


def needed_columns(place: Place, name: str, source: SourceConfig, kinds: Mapping[str, str]) -> list[str]:
    """The columns to read, those of the natural key first; what no mapping names never leaves the database.

    ``kinds`` are the columns there are with their PostgreSQL types.  Raises ``ConnectionProblem``
    for a mapped or required column that is not there, and for one that holds bytes.
    """
    contract = SOURCES[name]
    ordered = [*contract.natural_key, *(column for column in contract.names if column not in contract.natural_key)]
    origins = origins_of(name, source)
    asked = [(f"{name}.{column}", origin) for column in ordered for origin in origins.get(column, ())]
    asked += [(f"{name}.{'.'.join(place)}", origin) for place, origin in asked_besides(source)]
    wanted = []
    for whose, origin in asked:
        if origin not in kinds:
            if source.columns or whose.count(".") > 1 or contract.column(whose.partition(".")[2]).required:
                raise place.problem(_absent(whose, origin, kinds))
            continue
        if kinds[origin] in REFUSED:
            raise place.problem(
                f"column '{origin}' ({whose}) holds bytes ({kinds[origin]}), which mean nothing here. "
                f"Map another column, or convert it in {place.key}.query."
            )
        wanted.append(origin)
    return list(dict.fromkeys(wanted))


def _absent(whose: str, origin: str, kinds: Mapping[str, str]) -> str:
    hint = did_you_mean(origin, kinds)
    return (
        f"there is no column '{origin}' ({whose}){f'; {hint}' if hint else '.'} "
        f"There are: {', '.join(kinds)}. Correct sources.{whose.partition('.')[0]} in sources.yaml."
    )
