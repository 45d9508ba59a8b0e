"""What names a row as it stands in a file: any other sign in it gives another fingerprint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.sources import Source


def fingerprint_of(values: Sequence[ir.StringValue]) -> ir.StringValue:
    """Of the texts of a row, in order."""
    text = ibis.literal("\x1f").join([value.fill_null("\x1e") for value in values])
    return cast(ir.StringValue, text.hexdigest("sha256").substr(0, 12))


def of_received(rows: ir.Table, source: Source) -> ir.StringValue:
    """Of rows as received."""
    return fingerprint_of([cast(ir.StringValue, rows[column.name].cast("string")) for column in source.columns])
