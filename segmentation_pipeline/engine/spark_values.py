"""Text as values on Spark: read by DuckDB's parser in the workers, so that both engines read text alike.

What a spelling means (``1e3``, ``1_000``, ``2025-3-1``, ``%d.%m.%y``) is the parser's business; a second
parser would differ in a corner nobody thought of.  Values come back as text of one plain spelling,
which every engine reads alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.functions import pandas_udf

from segmentation_pipeline.contracts.engine_function import engine_function
from segmentation_pipeline.contracts.text import (
    ASCII_BLANKS,
    FUNCTIONS,
    IS_ODD_KEY,
    LOST_DIGITS,
    Form,
    digits_are_lost,
    plain_once,
)
from segmentation_pipeline.engine import instants

_READER = "segmentation_read_text"


def register(session: SparkSession) -> None:
    """Make the reader known to the session's SQL."""
    session.udf.register(_READER, pandas_udf(_read_text, "string"))  # type: ignore[call-overload]
    for form, name in FUNCTIONS.items():
        session.udf.register(name, pandas_udf(_in_form(form), "string"))  # type: ignore[call-overload]
    session.udf.register(LOST_DIGITS, pandas_udf(_lost_digits, "boolean"))  # type: ignore[call-overload]
    session.udf.register(IS_ODD_KEY, pandas_udf(_is_odd_key, "boolean"))  # type: ignore[call-overload]


def _in_form(form: Form) -> Callable[[pd.Series], pd.Series]:
    def formed(text: pd.Series) -> pd.Series:
        return text.map(lambda value: plain_once(value, form.value) or None, na_action="ignore")

    # The types decide which kind of function it is; postponed ones cannot be read within another function.
    formed.__annotations__ = {"text": pd.Series, "return": pd.Series}
    return formed


def _lost_digits(text: pd.Series) -> pd.Series:
    return text.map(lambda value: value is not None and digits_are_lost(value))


def _is_odd_key(text: pd.Series) -> pd.Series:
    return text.map(lambda value: plain_once(value, Form.KEY.value) != value.strip(ASCII_BLANKS), na_action="ignore")


def _read_text(text: pd.Series, sql: pd.Series) -> pd.Series:
    """Each text ``v`` as DuckDB's ``sql`` reads it, spelled as DuckDB spells it; runs in the workers."""
    if text.empty:
        return text
    with duckdb.connect(config={"threads": 1}) as parser:
        parser.execute("SET TimeZone = 'UTC'")
        for signature, macro in instants.MACROS.items():
            parser.execute(f"CREATE TEMP MACRO {signature} AS {macro}")
        received = pa.table({"v": pa.array(text, pa.string())})
        parser.register("received", received)
        values = parser.execute(f"SELECT CAST({sql.iloc[0]} AS VARCHAR) FROM received").fetchnumpy()
    return pd.Series(next(iter(values.values())).tolist(), dtype=object)


_read = engine_function(_READER, (dt.string, dt.string), dt.string)


def parse_text(text: ir.StringValue, kind: dt.DataType) -> ir.Value:
    spelled = ibis.backends.sql.datatypes.DuckDBType.to_string(kind)
    return cast(ir.StringValue, _read(text, f"try_cast(CASE WHEN contains(v, '_') THEN NULL ELSE v END AS {spelled})")).try_cast(
        kind
    )


def parse_local(text: ir.StringValue, formats: Sequence[str]) -> ir.TimestampValue:
    return _moment(instants.local_sql("v", formats), text)


def parse_with_offset(text: ir.StringValue, formats: Sequence[str]) -> ir.TimestampValue:
    sql = instants.absolute_sql("v", formats)
    return _moment(None if sql is None else f"timezone('UTC', {sql})", text)


def parse_day(text: ir.StringValue, formats: Sequence[str]) -> ir.DateValue:
    return _moment(instants.day_sql("v", formats), text).date()


def _moment(sql: str | None, text: ir.StringValue) -> ir.TimestampValue:
    if sql is None:
        return cast(ir.TimestampValue, ibis.null("timestamp"))
    return cast(ir.TimestampValue, cast(ir.StringValue, _read(text, sql)).try_cast("timestamp"))


# ------------------------------------------------------------ time zones


_to_utc = engine_function("to_utc_timestamp", (dt.timestamp, dt.string), dt.timestamp)
_from_utc = engine_function("from_utc_timestamp", (dt.timestamp, dt.string), dt.timestamp)


def local_to_utc(instant: ir.TimestampValue, timezone: str) -> ir.TimestampValue:
    """Of an hour that the clock shows twice, the later one is meant, as DuckDB takes it; Spark takes the earlier."""
    first = cast(ir.TimestampValue, _to_utc(instant, timezone))
    found = first
    for minutes in (30, 60, 120):  # by which clocks are put back
        later = cast(ir.TimestampValue, first + ibis.interval(minutes=minutes))
        found = cast(ir.TimestampValue, ibis.ifelse(_from_utc(later, timezone) == instant, later, found))
    return found


def utc_to_local_day(instant: ir.TimestampValue, timezone: str) -> ir.DateValue:
    return cast(ir.TimestampValue, _from_utc(instant, timezone)).date()
