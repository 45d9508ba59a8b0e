"""Parquet types that an engine would read as something else, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow.parquet import read_schema

from segmentation_pipeline.engine.base import SourceFileError

_MOST_DIGITS = 38


def check_types(path: Path, columns: Sequence[str]) -> None:
    """Raise ``SourceFileError`` for the first of ``columns`` whose values would not be read as they are.

    Columns the file lacks are no concern of this check.
    """
    schema = read_schema(path)
    for column in columns:
        position = schema.get_field_index(column)
        if position < 0:
            continue
        kind = schema.field(position).type
        if pa.types.is_decimal(kind) and kind.precision > _MOST_DIGITS:
            reason = f"numbers of up to {kind.precision} digits; write it as decimal(18, 2) or text"
        elif pa.types.is_nested(kind):
            reason = "values within values; write each of them to a column of its own"
        elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
            reason = "bytes, which are no text until somebody says how; write it as text"
        elif pa.types.is_duration(kind) or pa.types.is_time(kind):
            reason = "a time without a day; write a timestamp or text"
        else:
            continue
        raise SourceFileError(f"{path}: column '{column}' is of type {kind}: {reason}.")
