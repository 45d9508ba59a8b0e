"""Published tables as Parquet in an object store, and on request the audience files.

A delivery goes to a folder named by its day and content, so it never touches files someone reads;
``current.json`` is written last and names the folder that counts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from segmentation_pipeline.config.schema import ObjectStoreDestination
from segmentation_pipeline.connections.object_store import ObjectStore
from segmentation_pipeline.connections.place import Place
from segmentation_pipeline.destinations.delivery import Delivered, content_hash
from segmentation_pipeline.engine.published import Publication, opened_publication

PLACE = Place("destination object_store", "destinations.object_store")
MANIFEST = "current.json"


def deliver(published: Path, audiences: Path, destination: ObjectStoreDestination) -> Delivered:
    """Bring the tables of the publication, and with ``audiences: true`` the audience files of its day.

    ``audiences`` is the folder with a folder per day.  Left alone when ``current.json`` names this
    very content.  Raises ``ConnectionProblem``; then ``current.json`` is as it was.
    """
    store = ObjectStore(PLACE, destination.url, destination.storage_options)
    root = store.path(destination.url).rstrip("/")
    with opened_publication(published) as publication:
        tables, day = destination.tables or publication.names, publication.day()
        found = sorted(path for path in (audiences / day).glob("*/*") if path.is_file()) if destination.audiences else []
        content = content_hash(published, tables, found)
        current = current_delivery(store, destination.url)
        if current.get("content") == content:
            return Delivered(dict(current["tables"]), changed=False)
        folder = f"{day}/{content[:12]}"
        counts = {table: _send_table(store, f"{root}/{folder}/{table}.parquet", publication, table) for table in tables}
    sent = _send_audiences(store, f"{root}/{folder}/audiences", found)
    manifest = {"as_of": day, "content": content, "folder": folder, "tables": counts, "audiences": sent}
    with store.told():
        store.files.pipe_file(f"{root}/{MANIFEST}", json.dumps(manifest, indent=1, sort_keys=True).encode())
    return Delivered(counts, changed=True, files=len(counts) + len(sent) + 1)


def current_delivery(store: ObjectStore, url: str) -> dict[str, Any]:
    """The manifest of what the store holds; empty when there is none."""
    root = store.path(url).rstrip("/")
    with store.told():
        try:
            found = json.loads(store.files.cat_file(f"{root}/{MANIFEST}"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
    return found if isinstance(found, dict) else {}


def _send_table(store: ObjectStore, path: str, publication: Publication, table: str) -> int:
    """Batch by batch, as the store takes parts of a file; the number of rows."""
    import pyarrow.parquet as pq

    rows = 0
    with store.told():
        reader = publication.rows(table)
        with store.files.open(path, "wb") as file, pq.ParquetWriter(pa.PythonFile(file, "w"), reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
                rows += batch.num_rows
    return rows


def _send_audiences(store: ObjectStore, folder: str, files: Sequence[Path]) -> list[str]:
    names = [f"{path.parent.name}/{path.name}" for path in files]
    with store.told():
        for path, name in zip(files, names, strict=True):
            store.files.put_file(str(path), f"{folder}/{name}")
    return names
