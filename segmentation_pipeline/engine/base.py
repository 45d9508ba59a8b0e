"""What the pipeline asks of an engine: read files, write tables, replace a day, publish.

Logic rooms see Ibis tables only; this protocol is the whole of what may differ between engines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from segmentation_pipeline.config.schema import CsvOptions
from segmentation_pipeline.config.schema.workbooks import SheetReading
from segmentation_pipeline.engine.column_lineage import Written
from segmentation_pipeline.errors import UserError


class SourceFileError(UserError):
    """A source file cannot be read at all; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class FileRead:
    """One source file as received.

    ``records`` has the wanted columns plus ``_row`` (1 = the first record after the header; of a workbook as it counts rows).
    ``malformed`` has one row per record the reader could not split into columns:
    ``_row``, ``reason``, ``line``.
    """

    records: ir.Table
    malformed: ir.Table


@dataclass(frozen=True, slots=True)
class TableFunction:
    """A query with arguments that is published beside the tables it reads.

    ``query`` takes a table of one row, the arguments by name, and reads published tables by theirs.
    """

    name: str
    description: str
    parameters: Mapping[str, dt.DataType]
    query: Callable[[ir.Table], ir.Table]


WHOLE = SheetReading()
"""How a workbook of one sheet is read, when nothing is said about it."""


class Engine(Protocol):
    """One open connection to the pipeline's working store; table names are ``schema.table``."""

    name: str
    incremental: bool
    """Whether changing the rows of a few keys is much cheaper here than writing a table anew."""
    values_at_once: float
    """How many values (rows times columns) a table joined from many others may have to be made in one query; a larger
    one is made in portions.  Infinite where the engine itself sees to it."""
    transient_errors: tuple[type[Exception], ...]
    """What may go away by itself, such as a full or slow disk; worth trying again."""
    written: Written
    """What its tables are made from."""

    def table(self, name: str) -> ir.Table:
        """The table as an Ibis expression."""

    def has(self, name: str) -> bool:
        """Whether the table exists."""

    def write(self, name: str, expression: ir.Table) -> int:
        """Replace the table by the expression's rows, whole or not at all; the number of rows."""

    def view(self, name: str, expression: ir.Table) -> None:
        """Make the name stand for the expression, which reads stored tables only.

        Rows may be computed at each reading or stored now, as the engine likes: make the view
        again when a table it reads has changed.
        """

    def append(self, name: str, expression: ir.Table) -> None:
        """Add rows, matched by column name; makes the table when it is missing."""

    def replace_slice(self, name: str, expression: ir.Table, keys: Mapping[str, date | str]) -> None:
        """Replace the rows where all ``keys`` hold, in one transaction; makes the table when missing.

        The expression may read the table it replaces a slice of.
        """

    def replace_keys(self, name: str, expression: ir.Table, keys: ir.Table) -> None:
        """Replace the rows whose key is in ``keys`` by the expression's rows, in one transaction.

        The columns of ``keys`` are the key; null equals null.  Columns are matched by name.  Both
        arguments may read the table.
        """

    def delete(self, name: str, keys: Mapping[str, date | str]) -> None:
        """Remove the rows where all ``keys`` hold; nothing happens when the table is missing."""

    def drop(self, name: str) -> None:
        """Remove the table if it exists."""

    def transaction(self) -> AbstractContextManager[None]:
        """All writes of the block together or, when it fails or the process dies, none of them."""

    def staged(self, expression: ir.Table) -> AbstractContextManager[ir.Table]:
        """The expression's rows, computed once and kept only inside the block, for what reads them several times.

        Cheaper than ``write``: nothing is compressed or made durable.
        """

    def memtable(self, columns: Mapping[str, Sequence[object]], schema: Mapping[str, Any]) -> ir.Table:
        """A small table from Python values; also right when there are no rows."""

    def count(self, table: ir.Table) -> int:
        """The number of rows."""

    def rows(self, table: ir.Table) -> list[dict[str, Any]]:
        """All rows of a *bounded* table as dictionaries."""

    def batches(self, table: ir.Table) -> Iterator[pa.RecordBatch]:
        """The rows in order as Arrow batches of bounded size; read to the end before the next query."""

    def read_file(
        self, path: Path, file_format: str, columns: Sequence[str], csv: CsvOptions, sheet: SheetReading = WHOLE
    ) -> FileRead:
        """Open one source file, keeping ``columns`` (null where the file lacks one).

        The tables hold until the next file is opened.  Raises ``SourceFileError`` when the file
        cannot be read; Parquet is read only when ``records`` is, so do that inside ``reading``.
        """

    def reading(self, path: Path) -> AbstractContextManager[None]:
        """Turns a failure to read ``path`` inside the block into a ``SourceFileError``."""

    def file_columns(self, path: Path, file_format: str, csv: CsvOptions, sheet: SheetReading = WHOLE) -> list[str]:
        """The column names a file offers."""

    def parse_text(self, text: ir.StringValue, kind: dt.DataType) -> ir.Value:
        """Text as the number or truth value it spells; null when it spells none."""

    def parse_local(self, text: ir.StringValue, formats: Sequence[str]) -> ir.TimestampValue:
        """Text as the naive timestamp it spells, by the first strptime pattern that reads no offset and
        fits (ISO 8601 when there are no ``formats``); null when none does, and for text with an offset."""

    def parse_with_offset(self, text: ir.StringValue, formats: Sequence[str]) -> ir.TimestampValue:
        """Text that names its own offset (``Z``, ``+02:00``, ``%z``) as a naive UTC timestamp; else null,
        also for offsets there are none of."""

    def parse_day(self, text: ir.StringValue, formats: Sequence[str]) -> ir.DateValue:
        """Text as the day it spells, as written, whatever offset stands behind it; null when none."""

    def without_zone(self, instant: ir.TimestampValue) -> ir.TimestampValue:
        """A timestamp with time zone as the naive UTC timestamp of the same moment."""

    def local_to_utc(self, instant: ir.TimestampValue, timezone: str) -> ir.TimestampValue:
        """A naive local timestamp as the naive UTC timestamp of the same moment."""

    def utc_to_local_day(self, instant: ir.TimestampValue, timezone: str) -> ir.DateValue:
        """The calendar day a UTC timestamp falls on in ``timezone``."""

    def published_rows(self, path: Path, table: str) -> list[dict[str, Any]]:
        """The rows of a small table of the current publication; none when there is no publication."""

    def publish(
        self,
        path: Path,
        tables: Mapping[str, ir.Table],
        comments: Mapping[str, Mapping[str, str]],
        keep: Sequence[str] = (),
        functions: Sequence[TableFunction] = (),
        described: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Write ``tables`` to a new database file and swap it in atomically.

        Tables named in ``keep`` are taken over from the current publication.  Readers with the old
        file open keep reading it; new ones see the new file whole.  ``comments`` say what columns mean, ``described`` what a
        row of a table is; that and ``functions`` are left out where the publication is a folder of plain files, which can
        hold neither.
        """

    def close(self) -> None:
        """Release the store."""
