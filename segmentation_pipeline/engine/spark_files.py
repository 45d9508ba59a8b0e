"""Source files on Spark: Parquet is read by Spark, text by DuckDB on the driver.

What a record is in a CSV file with stray quotes, and what number it bears, must not depend on the
engine, so text is split by the one reader that has been taught all of it and handed on as Parquet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
import pyspark.sql.functions as F
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from segmentation_pipeline.config.schema import CsvOptions
from segmentation_pipeline.config.schema.workbooks import SheetReading
from segmentation_pipeline.engine.base import WHOLE, FileRead, SourceFileError
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.duckdb_sql import small_table
from segmentation_pipeline.engine.parquet_types import check_types
from segmentation_pipeline.engine.spark_types import from_spark, to_spark
from segmentation_pipeline.engine.spark_views import Views

_GLOB = set("*?[]{}\\")
_MALFORMED = {"_row": "int64", "reason": "string", "line": "string"}


class SparkFiles:
    """Reads source files into views; those of the last file hold until the next one is opened."""

    def __init__(self, views: Views, reader: DuckDBEngine) -> None:
        self._views = views
        self._reader = reader
        self._open = ExitStack()

    def columns(self, path: Path, file_format: str, csv: CsvOptions, sheet: SheetReading = WHOLE) -> list[str]:
        return self._reader.file_columns(path, file_format, csv, sheet)

    def read(
        self, path: Path, file_format: str, columns: Sequence[str], csv: CsvOptions, sheet: SheetReading = WHOLE
    ) -> FileRead:
        self.close()
        with self.reading(path):
            if file_format == "parquet":
                check_types(path, columns)
            if file_format == "parquet" and _spark_reads(path, columns):
                return FileRead(self._views.name_frame("source_file", self._parquet(path, columns)), _none_malformed())
            found = self._reader.read_file(path, file_format, columns, csv, sheet)
            records = self._hand_over(found.records)
            return FileRead(
                records, self._hand_over(found.malformed) if self._reader.count(found.malformed) else _none_malformed()
            )

    @contextmanager
    def reading(self, path: Path) -> Iterator[None]:
        try:
            with self._reader.reading(path):
                yield
        except PySparkException as error:
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise SourceFileError(
                f"{path}: cannot be read ({reason}). Is it complete, and of the format its ending or the config says?"
            ) from error

    def close(self) -> None:
        """Let go of the last file."""
        self._open.close()

    def _parquet(self, path: Path, columns: Sequence[str]) -> DataFrame:
        frame = self._views.session.read.parquet(path.absolute().as_uri())
        chosen = [F.col(f"`{name}`") if name in frame.columns else F.lit(None).cast("string").alias(name) for name in columns]
        return frame.select(*chosen, (F.col("_metadata.row_index") + 1).alias("_row"))

    def _hand_over(self, table: ir.Table) -> ir.Table:
        """The rows of the reader's table as a view of Spark's."""
        store = self._views.store
        table = table.cast({name: from_spark(to_spark(kind)) for name, kind in table.schema().items()})
        schema = table.schema()
        folder = store.new_folder("source_file")
        with store.writer(folder, schema.to_pyarrow()) as writer:
            for batch in self._reader.batches(table):
                writer.write_batch(batch)
        return self._open.enter_context(self._views.folder(folder, {name: str(kind) for name, kind in schema.items()}))


def _none_malformed() -> ir.Table:
    return small_table({name: [] for name in _MALFORMED}, _MALFORMED)


def _spark_reads(path: Path, columns: Sequence[str]) -> bool:
    """Whether Spark gives every column the type and values DuckDB gives it; it knows no nanoseconds, for one."""
    schema = pq.read_schema(path)
    kinds = [schema.field(name).type for name in columns if name in schema.names]
    return not _GLOB & set(str(path)) and all(map(_alike, kinds))


def _alike(kind: pa.DataType) -> bool:
    if pa.types.is_timestamp(kind):
        return kind.unit in ("ms", "us")
    signed = pa.types.is_signed_integer(kind)
    plain = pa.types.is_string(kind) or pa.types.is_float64(kind) or pa.types.is_boolean(kind) or pa.types.is_date32(kind)
    return bool(signed or plain or pa.types.is_decimal128(kind))
