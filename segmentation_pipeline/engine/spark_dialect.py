"""Ibis' Spark backend, corrected where the same expression gives other values than on DuckDB."""

from __future__ import annotations

import re
import string
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import sqlglot.expressions as sge
from ibis.backends.pyspark import Backend
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from pyspark.sql import SparkSession

from segmentation_pipeline.engine.spark_types import struct


class Compiler(PySparkCompiler):  # type: ignore[misc]  # Ibis has no types
    """Spark SQL with DuckDB's arithmetic."""

    __slots__ = ()

    def visit_Divide(self, op: Any, *, left: Any, right: Any) -> Any:
        """Division gives a fraction: Spark would keep decimals, with few places; by zero it gives null here."""
        left, right = self.cast(left, dt.float64), self.cast(right, dt.float64)
        return sge.Div(this=sge.paren(left), expression=self.f.nullif(right, sge.convert(0.0)))

    def visit_Round(self, op: Any, *, arg: Any, digits: Any) -> Any:
        """Fractions are scaled, rounded and scaled back; Spark would round the decimal number they are printed as."""
        if not op.arg.dtype.is_floating():
            return self.f.round(arg, digits)
        places = op.digits.value if isinstance(op.digits, ops.Literal) else 0
        scale = self.cast(sge.convert(str(10.0**places)), dt.float64)
        rounded = sge.Div(this=self.f.round(sge.paren(arg) * scale, 0), expression=scale) if places else self.f.round(arg, 0)
        return self.cast(rounded, op.dtype)

    def visit_Cast(self, op: Any, *, arg: Any, to: Any) -> Any:
        """A fraction becomes the nearest whole number; Spark would cut it off."""
        if to.is_integer() and op.arg.dtype.is_floating():
            arg = self.f.rint(arg)
        elif to.is_integer() and op.arg.dtype.is_decimal():
            arg = self.f.round(arg, 0)
        return super().visit_Cast(op, arg=arg, to=to)

    def visit_CountStar(self, op: Any, *, arg: Any, where: Any) -> Any:
        """Where the condition is null for all rows the count is 0; Ibis would sum nothing, which is null."""
        return self.f.count(sge.Star()) if where is None else self.f.anon.count_if(where)

    def visit_Strip(self, op: Any, *, arg: Any) -> Any:
        """White space by its codes: a form feed in a literal would be read as the letter f."""
        return self.f.anon.btrim(arg, self.f.concat(*(self.f.anon.char(ord(c)) for c in string.whitespace)))

    def visit_RegexReplace(self, op: Any, *, arg: Any, pattern: Any, replacement: Any) -> Any:
        """A group is named by a backslash, as DuckDB does; Spark would write the digit behind it."""
        if isinstance(op.replacement, ops.Literal):
            replacement = sge.convert(re.sub(r"\\([0-9])", r"$\1", str(op.replacement.value)))
        return super().visit_RegexReplace(op, arg=arg, pattern=pattern, replacement=replacement)

    def visit_Least(self, op: Any, *, arg: Any) -> Any:
        """The least of one value is that value; Spark asks for two."""
        return super().visit_Least(op, arg=arg) if len(arg) > 1 else arg[0]

    def visit_Greatest(self, op: Any, *, arg: Any) -> Any:
        return super().visit_Greatest(op, arg=arg) if len(arg) > 1 else arg[0]

    def visit_Mean(self, op: Any, *, arg: Any, where: Any) -> Any:
        return self.agg.avg(self.cast(arg, dt.float64), where=where)


ibis.options.pyspark = Backend.Options()  # Ibis sets them when the backend is asked for by name


class SparkBackend(Backend):  # type: ignore[misc]
    """Ibis over one Spark session."""

    compiler = Compiler()

    def __init__(self, session: SparkSession) -> None:
        super().__init__(session)
        self.do_connect(session)

    def do_connect(self, session: SparkSession) -> None:  # type: ignore[override,unused-ignore]
        self._session, self._mode = session, "batch"

    def _register_in_memory_table(self, op: ops.InMemoryTable) -> None:
        """Through Arrow: by way of a data frame whole numbers with nulls would become fractions."""
        rows = op.data.to_pyarrow(op.schema)
        schema = struct({name: str(kind) for name, kind in op.schema.items()})
        self._session.createDataFrame(rows, schema=schema).createOrReplaceTempView(op.name)

    def _make_memtable_finalizer(self, name: str) -> None:
        """Views of small tables go with the session."""
