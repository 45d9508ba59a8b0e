"""Arrow batches to a Parquet file that is complete or not there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable


def part_of(path: Path) -> Path:
    """Where ``path`` is written before it is complete; names beginning with a dot match no pattern."""
    return path.with_name(f".{path.name}.part")


def write_parquet(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Write batch by batch; the number of rows.  Nothing but values and names is kept, so equal rows give equal files."""
    import pyarrow.parquet as pq

    plain = pa.schema([pa.field(field.name, field.type) for field in schema])
    part, rows = part_of(path), 0
    part.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(part, plain) as writer:
        for batch in batches:
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=plain))
            rows += batch.num_rows
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
    return rows
