"""Arrow batches to a Parquet file that is complete or not there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from segmentation_pipeline.landing.whole_file import complete, part_of

if TYPE_CHECKING:
    from collections.abc import Iterable


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
    complete(path)
    return rows
