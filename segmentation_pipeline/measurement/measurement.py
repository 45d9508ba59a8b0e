"""What a measurement is: a published table that is computed from tables of the same run, in a file of its own.

From its declaration come its asset, its checks, its place in the publication and in the data dictionary, and its name
among the tables destinations accept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.engine.base import Engine


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a measurement works with; ``table`` opens one of the tables it reads.

    ``engine`` is for measurements that end in Python: it reads aggregates, a few rows per campaign, and makes tables of what
    was worked out from them.  Tables are opened by ``table`` all the same.
    """

    table: Callable[[str], ir.Table]
    config: Config
    as_of: date
    engine: Engine


@dataclass(frozen=True, slots=True)
class Measurement:
    """A published table: its contract, the tables it reads in a configuration, and the expression of its rows.

    ``make`` gives the contract's columns: of a table that accumulates the rows of ``as_of``, else all rows.
    """

    contract: TableContract
    reads: Callable[[Config], tuple[str, ...]]
    make: Callable[[Inputs], ir.Table]


def bring_up_to_date(engine: Engine, contract: TableContract) -> None:
    """Give a table of all days that an earlier version of the program made the columns it lacks: null, since nobody measured
    them on days before."""
    if not engine.has(contract.table):
        return
    stored = engine.table(contract.table)
    if lacks := {column.name: ibis.null(column.type.ibis) for column in contract.columns if column.name not in stored.columns}:
        engine.write(contract.table, stored.mutate(**lacks).select(*(column.name for column in contract.columns)))
