"""Column types between Ibis and Spark, where Ibis' own mapping forgets the time zone.

A timestamp without time zone is Spark's TIMESTAMP_NTZ and one with a zone its TIMESTAMP.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import ibis.expr.datatypes as dt
import pyspark.sql.types as st
from ibis.backends.pyspark.datatypes import PySparkType


def to_spark(kind: dt.DataType) -> st.DataType:
    if isinstance(kind, dt.Timestamp):
        return st.TimestampType() if kind.timezone else st.TimestampNTZType()
    if isinstance(kind, dt.Array):
        return st.ArrayType(to_spark(kind.value_type))
    if isinstance(kind, dt.Null | dt.Time):
        return st.StringType()  # Spark stores neither a column of nothing nor a time of day
    if isinstance(kind, dt.UInt64):
        return st.DecimalType(20, 0)
    if kind.is_unsigned_integer():
        return st.LongType()
    return cast(st.DataType, PySparkType.from_ibis(kind))


def from_spark(kind: st.DataType) -> dt.DataType:
    if isinstance(kind, st.TimestampType):
        return dt.Timestamp(timezone="UTC", scale=6)
    if isinstance(kind, st.TimestampNTZType):
        return dt.Timestamp(scale=6)
    if isinstance(kind, st.ArrayType):
        return dt.Array(from_spark(kind.elementType))
    if isinstance(kind, st.NullType):
        return dt.string
    return PySparkType.to_ibis(kind)


def stored_type(expected: dt.DataType, found: st.DataType) -> dt.DataType:
    """The type a column is stored with: what Ibis expects of it, but decimals and fractions as Spark made them."""
    if isinstance(expected, dt.Decimal) or (expected.is_floating() and isinstance(found, st.DoubleType | st.FloatType)):
        return from_spark(found)
    return from_spark(to_spark(expected))


def struct(columns: Mapping[str, str]) -> st.StructType:
    """Columns as a Spark schema; ``columns`` maps name to type as Ibis spells it."""
    return st.StructType([st.StructField(name, to_spark(dt.dtype(kind))) for name, kind in columns.items()])
