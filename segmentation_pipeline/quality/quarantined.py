"""Refused rows of a source as a person may see them: where they stand, why, and the values at fault that may be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES, Source
from segmentation_pipeline.contracts.text import as_text
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.quality.refusals import why_refused
from segmentation_pipeline.quality.telling import told


def where_to_look(source: str) -> str:
    """What a message says of refused rows it does not list: a command, as nobody else may open the warehouse.

    >>> where_to_look("orders")
    "All rows and reasons: 'segmentation quarantine orders'"
    """
    return f"All rows and reasons: 'segmentation quarantine {source}'"


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """``values`` at fault by column; personal values, keys and free texts are left out, others that may be personal masked."""

    file: str
    row: int
    reasons: tuple[str, ...]
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RefusedRows:
    """``total`` rows of the source are refused; ``why`` in words; ``first`` of them by file and row."""

    total: int
    why: str
    first: tuple[RefusedRow, ...]


def refused_rows(engine: Engine, config: Config, source: str, most: int) -> RefusedRows:
    """What of ``source`` the last run refused, ``most`` rows of it one by one.

    Raises ``UserError`` before the first run that read the source.
    """
    if not engine.has(tables.quarantine(source)):
        raise UserError(f"no run has read source '{source}' yet. Run 'segmentation run' first.")
    refused, known = engine.table(tables.quarantine(source)), SOURCES[source]
    total = engine.count(refused)
    if not total:
        return RefusedRows(0, "", ())
    shown = _may_be_shown(known, refused.columns)
    texts = {name: as_text(refused[name]) for name in shown}
    listed = refused.order_by("_file", "_row").limit(most).select("_file", "_row", "reasons", **texts)
    rows = tuple(_row(known, row) for row in engine.rows(listed))
    return RefusedRows(total, why_refused(engine, config, source), rows)


def _may_be_shown(source: Source, columns: tuple[str, ...]) -> list[str]:
    return [c.name for c in source.columns if c.name in columns and not (c.pii or c.is_key or c.free)]


def _row(source: Source, row: Mapping[str, object]) -> RefusedRow:
    reasons = tuple(str(row["reasons"]).split(";"))
    at_fault = {reason.partition(":")[2] for reason in reasons}
    values = {c.name: told(str(row[c.name]), c) for c in source.columns if c.name in at_fault and row.get(c.name) is not None}
    return RefusedRow(str(row["_file"]), int(str(row["_row"])), reasons, values)
