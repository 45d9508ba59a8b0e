"""The publication as Parquet: a folder per table in a generation folder, which a link names.

Readers open ``<path>/<table>/*.parquet``.  The link is replaced at one instant; the generation it
named before stays until the next publication, for those who are still reading it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import ibis.expr.types as ir
import pyarrow.parquet as pq
import pyspark.sql.functions as F

from segmentation_pipeline.engine.file_modes import make_readable, readable_folder
from segmentation_pipeline.engine.spark_store import Store
from segmentation_pipeline.engine.spark_views import Views


def published_rows(path: Path, table: str) -> list[dict[str, object]]:
    """The rows of a small published table; none when there is no publication."""
    files = sorted((path / table).glob("*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def publish(
    store: Store,
    views: Views,
    path: Path,
    tables: Mapping[str, ir.Table],
    comments: Mapping[str, Mapping[str, str]],
    keep: Sequence[str],
) -> None:
    """Write a new generation beside ``path`` and let the link name it.

    Spark writes where its workers can; the files are then copied to the publication, which need not
    be in their reach.  Comments are in the columns' metadata, where Spark's readers find them.
    """
    current = path.resolve() if path.is_symlink() else None
    number = int(current.name.rsplit("-", 1)[1]) + 1 if current else 1
    fresh = path.with_name(f".{path.name}-{number:06d}")
    for old in path.parent.glob(f".{path.name}-*") if path.parent.is_dir() else ():
        if old != current:
            shutil.rmtree(old)
    readable_folder(path.parent)
    fresh.mkdir(parents=True)
    for name, expression in tables.items():
        frame = views.frame(expression)
        told = comments.get(name, {})
        described = [F.col(f"`{c}`").alias(c, metadata={"comment": told.get(c, "")}) for c in frame.columns]
        folder = store.new_folder("published")
        frame.select(*described).write.parquet(store.url_of(folder), mode="overwrite")
        (fresh / name).mkdir()
        for file in store.parquet_files(folder):
            with store.files.open_input_stream(file) as source, (fresh / name / Path(file).name).open("wb") as target:
                shutil.copyfileobj(source, target)
        store.remove(folder)
    for name in keep:
        shutil.copytree(path / name, fresh / name)
    make_readable(fresh)
    link = path.with_name(f".{path.name}.new")
    link.unlink(missing_ok=True)
    link.symlink_to(fresh.name, target_is_directory=True)
    link.replace(path)
