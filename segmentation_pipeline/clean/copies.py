"""Of several rows with one key: which one counts."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import Source
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.ingest.files import file_order
from segmentation_pipeline.values.states import ACCEPTED, SUPERSEDED


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a source from the earliest to the latest, as their names tell."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, engine: Engine, source: str) -> Files:
        if not engine.has(tables.FILES):
            return cls(())
        read = engine.table(tables.FILES)
        found = engine.rows(read.filter(read.source == source).select("file"))
        return cls(tuple(sorted((str(row["file"]) for row in found), key=file_order)))

    def told(self, source: Source) -> str:
        """By what the row that counts is told, in words."""
        steps = [f"{source.version} where it is given"] if source.version else []
        if len(self.names) > 1:
            steps.append(f"file, the last being {self.names[-1]}")
        return ", then ".join([*steps, "row"])


def superseded(engine: Engine, rows: ir.Table, source: Source, files: Files) -> ir.Table:
    """Of the accepted rows with one key all but the latest by version, then file, then row, are superseded."""
    if list(files.names) == sorted(files.names):
        later_file = rows._file.desc()
    else:
        places: dict[str, list[object]] = {"_file": list(files.names), "_place": list(range(len(files.names)))}
        rows = rows.left_join(engine.memtable(places, {"_file": "string", "_place": "int64"}), "_file").drop("_file_right")
        later_file = rows._place.desc()
    order = [later_file, rows._row.desc()]
    if source.version:
        order.insert(0, rows[source.version].desc(nulls_first=False))
    accepted = rows._state.isin(ACCEPTED)
    place = ibis.row_number().over(group_by=[*(rows[key] for key in source.natural_key), accepted], order_by=order)
    ranked = rows.mutate(_place=place)
    replaced = ranked._state.isin(ACCEPTED) & (ranked._place > 0)
    return ranked.mutate(_state=ibis.ifelse(replaced, SUPERSEDED, ranked._state).cast("int8")).drop("_place")
