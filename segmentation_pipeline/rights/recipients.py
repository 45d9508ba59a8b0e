"""Those who received data of an erased person: what can be erased there is, and all are told whom to remove."""

from __future__ import annotations

import contextlib
import csv
import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from segmentation_pipeline.config.schema import Config, ObjectStoreDestination
from segmentation_pipeline.connections.object_store import ObjectStore
from segmentation_pipeline.destinations import object_store
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.privacy.tombstones import Tombstones
from segmentation_pipeline.rights.audience_files import Removal, erase_in_audiences, is_named

_KEYS = ("customer_id", "canonical_customer_id", "household_id", "group_id")
_COLUMNS = ("as_of", "campaign", "customer_id", "email", "phone", "email_sha256", "phone_sha256")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was done at one destination; ``reached`` False: what is to be done by hand, in words."""

    destination: str
    reached: bool
    told: str


def removal_list(removed: Sequence[Removal]) -> str:
    """A CSV file for mailing tools: every list the person was on, with what the tool knows the person by."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    rows = {
        (one.as_of, one.campaign, *(one.row.get(column, "") for column in _COLUMNS[2:]))
        for one in removed
        if one.file == "audience.csv"
    }
    writer.writerows(sorted(rows))
    return text.getvalue()


def erase_at_destinations(
    config: Config, publication: Path, audiences: Path, stones: Tombstones, removed: Sequence[Removal], erasure: str, temp: Path
) -> list[Receipt]:
    """Bring the rewritten publication to every destination, erase what older deliveries hold, and leave a list of whom to remove.

    A destination that cannot be reached is told; the next run brings it the publication.
    """
    receipts = []
    destinations = config.pipeline.destinations
    if destinations.postgres is not None:
        from segmentation_pipeline.destinations import postgres

        try:
            delivered = postgres.deliver(publication, destinations.postgres)
            told = f"{len(delivered.rows)} tables replaced; vacuuming deleted rows and backups are the server's affair"
            receipts.append(Receipt("postgres", True, told))
        except UserError as error:
            receipts.append(Receipt("postgres", False, f"{error} The next run brings the tables without the person."))
    if destinations.object_store is not None:
        try:
            told = _at_object_store(destinations.object_store, publication, audiences, stones, removed, erasure, temp)
            receipts.append(Receipt("object_store", True, told))
        except UserError as error:
            receipts.append(
                Receipt("object_store", False, f"{error} Run 'segmentation forget --resume' or remove the person there by hand.")
            )
    return receipts


def _at_object_store(
    destination: ObjectStoreDestination,
    publication: Path,
    audiences: Path,
    stones: Tombstones,
    removed: Sequence[Removal],
    erasure: str,
    temp: Path,
) -> str:
    object_store.deliver(publication, audiences, destination)
    store = ObjectStore(object_store.PLACE, destination.url, destination.storage_options)
    root = store.path(destination.url).rstrip("/")
    temp.mkdir(parents=True, exist_ok=True)
    changed = 0
    listed = list(removed)
    _tell_whom_to_remove(store, root, destination, listed, erasure)
    with store.told():
        found = sorted(str(path) for path in store.files.find(root))
    for path in found:
        if path.endswith((".parquet", ".csv")) and f"{root}/removed/" not in path:
            with tempfile.TemporaryDirectory(dir=temp) as folder:
                # At the depth audiences have, so that day and campaign are read off the path.
                parts = path.removeprefix(f"{root}/").split("/")
                local = Path(folder) / parts[0] / (parts[-2] if len(parts) > 1 else "-") / parts[-1]
                local.parent.mkdir(parents=True)
                with store.told():
                    store.files.get_file(path, str(local))
                gone, from_list = _erased(local, Path(folder), stones)
                if gone:
                    changed += 1
                    listed += from_list
                    _tell_whom_to_remove(store, root, destination, from_list, erasure)
                    with store.told():
                        store.files.put_file(str(local), path)
    told = f"{changed} objects of earlier deliveries rewritten"
    if destination.audiences and listed:
        told += f"; removed/{erasure}.csv says whom to take off lists made of them, and is to be deleted when that is done"
    return told


def _tell_whom_to_remove(
    store: ObjectStore, root: str, destination: ObjectStoreDestination, removed: Sequence[Removal], erasure: str
) -> None:
    """Add to the list in the store before the rows it is made of go, so that an interruption loses none of it."""
    if not destination.audiences or not removed:
        return
    path = f"{root}/removed/{erasure}.csv"
    header, *rows = removal_list(removed).splitlines()
    with store.told():
        with contextlib.suppress(FileNotFoundError):
            rows += store.files.cat_file(path).decode().splitlines()[1:]
        store.files.pipe_file(path, "".join(line + "\n" for line in [header, *sorted(set(rows))]).encode())


def _erased(path: Path, folder: Path, stones: Tombstones) -> tuple[bool, Sequence[Removal]]:
    """Take the people out of a local file: whether it held any, and the rows of a list."""
    if path.suffix == ".csv":
        erased = erase_in_audiences(folder, folder, stones)
        return bool(erased.files), erased.removed
    source = pq.ParquetFile(path)
    keys = [name for name in source.schema_arrow.names if name in _KEYS]
    if not keys:
        return False, ()
    shorter = path.with_suffix(".shorter")
    gone = 0
    with pq.ParquetWriter(shorter, source.schema_arrow) as writer:
        for batch in source.iter_batches():
            kept = [True] * batch.num_rows
            for key in keys:
                column = batch.column(key).dictionary_encode()
                named = [isinstance(value, str) and is_named(value, stones) for value in column.dictionary.to_pylist()]
                if any(named):
                    places = column.indices.to_pylist()
                    kept = [keep and (place is None or not named[place]) for keep, place in zip(kept, places, strict=True)]
            gone += kept.count(False)
            writer.write_batch(batch.filter(pa.array(kept, pa.bool_())))
    source.close()
    shorter.replace(path)
    return gone > 0, ()
