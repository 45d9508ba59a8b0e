"""Spark views over folders of Parquet files, and the Ibis tables that name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.schema as sch
import ibis.expr.types as ir
import pyspark.sql.functions as F
from pyspark.sql import DataFrame, SparkSession

from segmentation_pipeline.engine.recursion_limit import raised_recursion_limit
from segmentation_pipeline.engine.spark_dialect import SparkBackend
from segmentation_pipeline.engine.spark_store import Part, Store, StoredTable
from segmentation_pipeline.engine.spark_types import from_spark, stored_type, struct, to_spark

LONG = 50_000
"""Characters of a query whose stages are no longer compiled as one method each: of scores by many trees Java takes minutes and
gigabytes to compile that, if it can."""
_WHOLE_STAGE = "spark.sql.codegen.wholeStage"


class Views:
    """What one session can name.  A stored table's view is made when it is first asked for."""

    def __init__(self, session: SparkSession, store: Store) -> None:
        self.session = session
        self.store = store
        self.backend = SparkBackend(session)
        self._shown: dict[str, StoredTable] = {}
        self._whole_stages = session.conf.get(_WHOLE_STAGE) == "true"

    # ------------------------------------------------------------ reading

    def table(self, name: str) -> ir.Table:
        """A stored table by its name ``schema.table``; whatever is built on it follows the table."""
        stored = self.store.tables[name]
        if self._shown.get(name) is not stored:
            self._show(name, stored)
        return self._named(_view(name), stored.columns)

    def refresh(self) -> None:
        """Let every view that was shown show what its table holds now."""
        for name, shown in list(self._shown.items()):
            stored = self.store.tables.get(name)
            if stored is None:
                del self._shown[name]
                self.session.catalog.dropTempView(_view(name))
            elif stored is not shown:
                self._show(name, stored)

    @contextmanager
    def folder(self, folder: str, columns: Mapping[str, str]) -> Iterator[ir.Table]:
        """The rows of a folder that belongs to no table; it is removed after the block."""
        name = _view(folder.replace("/", "."))
        self.parts(columns, (Part(folder, 1, {}),)).createOrReplaceTempView(name)
        try:
            yield self._named(name, columns)
        finally:
            self.session.catalog.dropTempView(name)
            self.store.remove(folder)

    def name_frame(self, name: str, frame: DataFrame) -> ir.Table:
        """A view of a frame, computed at each reading."""
        frame.createOrReplaceTempView(name)
        return self._named(name, {field.name: str(from_spark(field.dataType)) for field in frame.schema.fields})

    def parts(self, columns: Mapping[str, str], parts: tuple[Part, ...]) -> DataFrame:
        schema = struct(columns)
        folders = [self.store.url_of(part.folder) for part in parts if part.rows]
        if not folders:
            return self.session.createDataFrame([], schema)
        return self.session.read.schema(schema).parquet(*folders)

    def stored_rows(self, table: ir.Table) -> int | None:
        """The rows of a stored table that is asked for as it is; None for any other expression."""
        op = table.op()
        names = {_view(name): stored for name, stored in self._shown.items()}
        return names[op.name].rows if isinstance(op, ops.DatabaseTable) and op.name in names else None

    def _show(self, name: str, stored: StoredTable) -> None:
        self.parts(stored.columns, stored.parts).createOrReplaceTempView(_view(name))
        self._shown[name] = stored

    def _named(self, view: str, columns: Mapping[str, str]) -> ir.Table:
        schema = sch.Schema({name: dt.dtype(kind) for name, kind in columns.items()})
        return ops.DatabaseTable(name=view, schema=schema, source=self.backend, namespace=ops.Namespace()).to_expr()

    # ------------------------------------------------------------ expressions as frames

    def frame(self, expression: ir.Table) -> DataFrame:
        """The expression's rows, each column of the type it is stored with; to be run before another one is asked for."""
        with raised_recursion_limit():
            self.backend._run_pre_execute_hooks(expression)  # registers the small tables the expression reads
            sql = self.backend.compile(expression)
        if self._whole_stages:
            self.session.conf.set(_WHOLE_STAGE, "false" if len(sql) > LONG else "true")
        found = self.session.sql(sql)
        expected = expression.schema()
        kinds = {field.name: to_spark(stored_type(expected[field.name], field.dataType)) for field in found.schema.fields}
        if all(field.dataType == kinds[field.name] for field in found.schema.fields):
            return found
        return found.select(*(F.col(f"`{name}`").cast(kind).alias(name) for name, kind in kinds.items()))

    @staticmethod
    def columns_of(frame: DataFrame) -> dict[str, str]:
        return {field.name: str(from_spark(field.dataType)) for field in frame.schema.fields}


def _view(name: str) -> str:
    return name.replace(".", "__")
