"""What a fault of a delivery is, and those that many sources have.

Belongs here: how one fault is described.  Does not belong here: which source has which (``dirt.py``),
applying it (``spoil.py``) and faults of a file rather than of a row (``files.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

BROKEN_BYTE_MARK = "¤"
"""Stands for an umlaut in the wrong encoding until ``files.py`` writes its single Latin-1 byte."""
UNPARSABLE_DATE = "31.02.2025 25:61"


class Effect(StrEnum):
    """What must become of the row."""

    QUARANTINED = "quarantined"
    SUPERSEDED = "superseded"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault: ``rate`` is the share of a source's rows it befalls.

    ``changes`` maps columns to SQL over the row.  An ``extra`` fault leaves the row as it is and
    sends a changed copy as well; ``key`` is the copy's natural key where that differs.  ``text``
    replaces columns in text files only; Parquet cannot hold such a fault, nor a ``csv_only`` one.
    """

    name: str
    rate: float
    effect: Effect
    changes: Mapping[str, str] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)
    extra: bool = False
    key: str | None = None
    csv_only: bool = False


def duplicate(rate: float) -> Fault:
    return Fault("exact_duplicate", rate, Effect.SUPERSEDED, extra=True)


def untidy(column: str, rate: float) -> Fault:
    return Fault("untidy_key", rate, Effect.KEPT, {column: f"'  ' || lower({column}) || ' '"})


def unparsable(column: str, rate: float) -> Fault:
    return Fault("unparsable_date", rate, Effect.QUARANTINED, text={column: f"'{UNPARSABLE_DATE}'"}, csv_only=True)


def future(column: str, rate: float) -> Fault:
    late = f"CASE WHEN row_draw(key, 'year') < 0.5 THEN {column} + INTERVAL 8 YEAR ELSE TIMESTAMP '2099-12-31 12:00:00' END"
    return Fault("future_date", rate, Effect.QUARANTINED, {column: late})


def unknown(identifier: str, customer: str, rate: float) -> Fault:
    changes = {column: f"{column}[1] || 'X' || {column}[3:]" for column in dict.fromkeys((identifier, customer))}
    return Fault("unknown_customer", rate, Effect.QUARANTINED, changes, extra=True, key="key[1] || 'X' || key[3:]")
