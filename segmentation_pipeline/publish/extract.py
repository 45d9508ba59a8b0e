"""A published table as a file to hand on: CSV that spreadsheets open right, or Parquet."""

from __future__ import annotations

import os
from pathlib import Path

import ibis.expr.types as ir
import pyarrow.parquet as pq

from segmentation_pipeline.campaigns.csv_file import harmless, private_file, write_csv
from segmentation_pipeline.config.diagnostics import did_you_mean
from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.published import opened_publication, publication_engine
from segmentation_pipeline.errors import UserError

FORMATS = (".csv", ".parquet")


class NoExtract(UserError):
    """The table is not published, or the file is none of a kind that can be written; the message names what can."""


def extract(publication: Path, config: EngineConfig, temp: Path, table: str, path: Path) -> int:
    """Write the rows of a published ``table`` to ``path``, whose ending says how; how many there are.

    CSV is UTF-8 with a byte order mark, by which Excel knows it, days as YYYY-MM-DD; a text a spreadsheet might run has an
    apostrophe in front.  The file is readable by its owner alone and replaces another whole.

    Raises ``NoExtract`` where nothing is published, there is no such table, or the ending is another.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise NoExtract(f"{path}: a file that ends with {' or '.join(FORMATS)} can be written, such as {table}.csv")
    if not publication.exists():
        raise NoExtract(f"{publication} does not exist: nothing is published yet. Run 'segmentation run' first")
    with opened_publication(publication) as opened:
        names = opened.names
    if table not in names:
        hint = did_you_mean(table, names) or f"there are: {', '.join(names)}"
        raise NoExtract(f"'{table}' is no published table; {hint}")
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with publication_engine(publication, config, temp) as engine:
            rows = engine.table(f"published.{table}")
            written = _csv(engine, rows, new) if ending == ".csv" else _parquet(engine, rows, new)
        new.replace(path)
    except OSError as error:
        raise NoExtract(f"{path} cannot be written: {error.strerror or error}. Name a file in a folder that is there") from None
    finally:
        new.unlink(missing_ok=True)
    return written


def _csv(engine: Engine, rows: ir.Table, path: Path) -> int:
    texts = {name: harmless(rows[name]) for name, kind in rows.schema().items() if kind.is_string()}
    return write_csv(engine, rows.mutate(**texts), path, byte_order_mark=True).rows


def _parquet(engine: Engine, rows: ir.Table, path: Path) -> int:
    schema, written = rows.schema().to_pyarrow(), 0
    with private_file(path) as file, pq.ParquetWriter(file, schema) as writer:
        for batch in engine.batches(rows):
            writer.write_batch(batch.cast(schema))
            written += batch.num_rows
    return written
