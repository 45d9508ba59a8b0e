"""One CSV file from the engine: streamed, readable by its owner only, harmless in a spreadsheet."""

from __future__ import annotations

import codecs
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.csv as arrow_csv

from segmentation_pipeline.engine.base import Engine

_FORMULA = "[\\p{Z}\\p{C}]*[=+@\uff1d\uff0b\uff0d\uff20\\-\\t\\r\\n]"
"""What a spreadsheet may run, full-width signs and what stands unseen before a sign included: blanks, controls and marks of all
of Unicode."""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """What was written: data rows and the SHA-256 of the file's bytes."""

    rows: int
    sha256: str


def harmless(text: ir.StringValue) -> ir.StringValue:
    """The text with an apostrophe in front where a spreadsheet might take it for a formula.

    Such cells start with ``= + - @``, tab, carriage return or line feed (OWASP, "CSV Injection"), maybe behind blanks.
    """
    return cast(ir.StringValue, text.re_search(f"^{_FORMULA}").ifelse("'" + text, text))


def as_known(text: ir.StringValue) -> ir.StringValue:
    """A text of such a file without the apostrophe ``harmless`` gave it."""
    return text.re_replace(f"^'({_FORMULA})", r"\1")


def private_file(path: Path) -> BinaryIO:
    """A new file that its owner alone may read, open for writing; raises ``FileExistsError`` where there is one."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def write_csv(engine: Engine, table: ir.Table, path: Path, byte_order_mark: bool = False) -> CsvFile:
    """Write the rows of ``table`` in their order: UTF-8, LF line ends, a header line, mode 0600.

    Texts are quoted, unknown values are empty.  Excel knows UTF-8 by a byte order mark, which other programs may take for text.
    Holds one batch of rows in memory at a time.  The file must not exist yet.
    """
    schema = table.schema().to_pyarrow()
    with private_file(path) as file:
        file.write(codecs.BOM_UTF8 if byte_order_mark else b"")
        # The header by hand: whether Arrow quotes it differs between its versions.
        file.write((",".join(schema.names) + "\n").encode())
        rows = 0
        with arrow_csv.CSVWriter(file, schema, write_options=arrow_csv.WriteOptions(include_header=False)) as writer:
            for batch in _cast(engine.batches(table), schema):
                writer.write_batch(batch)
                rows += batch.num_rows
        file.flush()
        os.fsync(file.fileno())
    with path.open("rb") as file:
        return CsvFile(rows, hashlib.file_digest(file, "sha256").hexdigest())


def _cast(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Engines may hand out larger string types than the schema says."""
    for batch in batches:
        yield batch.cast(schema)
