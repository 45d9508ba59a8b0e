"""The functions of the publication: questions about its tables that take arguments."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.segment_tables import SEGMENT_HISTORY_COLUMNS
from segmentation_pipeline.engine.base import TableFunction
from segmentation_pipeline.history.spells import members_as_of

_ASKED = "asked_"


def _members_as_of(arguments: ir.Table) -> ir.Table:
    history = ibis.table({column.name: column.type.ibis for column in SEGMENT_HISTORY_COLUMNS}, name="segment_history")
    asked = history.cross_join(arguments.select(**{_ASKED + name: arguments[name] for name in arguments.columns}))
    return members_as_of(asked, *(asked[_ASKED + name] for name in arguments.columns))


MEMBERS_AS_OF = TableFunction(
    name="members_as_of",
    description="customer_id of everybody who was in a segment at the end of a day; on a day without a run: as last seen before.",
    parameters={"segmentation": Type.TEXT.ibis, "segment": Type.TEXT.ibis, "day": Type.DAY.ibis},
    query=_members_as_of,
)

FUNCTIONS = (MEMBERS_AS_OF,)
