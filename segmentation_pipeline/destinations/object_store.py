"""Published tables as Parquet in an object store, and on request the audience files.

A delivery goes to a folder named by its day and content, so it never touches files someone reads;
``current.json`` is written last and names the folder that counts.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import Field

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.origin_checks import option_problems, url_problems
from segmentation_pipeline.config.schema import DestinationConfig
from segmentation_pipeline.config.schema.origins import StorageOptions
from segmentation_pipeline.config.yaml_file import YamlFile
from segmentation_pipeline.connections.object_store import ObjectStore
from segmentation_pipeline.destinations.destination import Delivered, Destination, PersonErased, content_hash
from segmentation_pipeline.engine.published import Publication, opened_publication

MANIFEST = "current.json"
_MEMBERS = ".members.csv"
"""How the record of what was written for a platform ends; it is needed until everything else was rewritten."""


class ObjectStoreConfig(DestinationConfig):
    """Published tables (``tables`` left out: all) as Parquet under ``url``, opened with ``storage_options``; the audience files,
    which hold contact data, only with ``audiences: true``."""

    url: str
    storage_options: StorageOptions = Field(default_factory=dict)
    audiences: bool = False


class ObjectStoreDestination(Destination[ObjectStoreConfig]):
    name = "object_store"
    description = "Published tables as Parquet in an object store; current.json names the folder that counts."
    badges = frozenset({"parquet"})
    unreached = "Run 'segmentation forget --resume' or remove the person there by hand."
    config = ObjectStoreConfig

    @property
    def recipient(self) -> str:
        return self.settings.url

    @property
    def audiences(self) -> bool:
        return self.settings.audiences

    def problems(self, file: YamlFile) -> Iterator[Diagnostic]:
        yield from url_problems(self.settings.url, file, ("destinations", self.name, "url"))
        yield from option_problems(self.settings.storage_options, file, ("destinations", self.name, "storage_options"))

    def connection_test(self) -> str:
        store, _ = self._opened()
        store.check_bucket(self.settings.url)
        current = self._current(store)
        return f"holds {current['folder']}" if current else "reached, nothing there yet"

    def deliver(self, publication: Path, audiences: Path) -> Delivered:
        """Bring the tables, and with ``audiences: true`` the audience files of the publication's day.

        Left alone when ``current.json`` names this very content; it stays as it was when anything fails.
        """
        store, root = self._opened()
        with opened_publication(publication) as published:
            tables, day = self.settings.tables or published.names, published.day()
            found = sorted(path for path in (audiences / day).glob("*/*") if path.is_file()) if self.audiences else []
            content = content_hash(publication, tables, found)
            current = self._current(store)
            if current.get("content") == content:
                return Delivered(dict(current["tables"]), changed=False, files=0)
            folder = f"{day}/{content[:12]}"
            counts = {table: _send_table(store, f"{root}/{folder}/{table}.parquet", published, table) for table in tables}
        sent = _send_audiences(store, f"{root}/{folder}/audiences", found)
        manifest = {"as_of": day, "content": content, "folder": folder, "tables": counts, "audiences": sent}
        with store.told():
            store.replace(f"{root}/{MANIFEST}", json.dumps(manifest, indent=1, sort_keys=True).encode())
        return Delivered(counts, changed=True, files=len(counts) + len(sent) + 1)

    def erase(self, publication: Path, audiences: Path, person: PersonErased) -> str:
        self.deliver(publication, audiences)
        store, root = self._opened()
        person.temp.mkdir(parents=True, exist_ok=True)
        changed = 0
        listed = list(person.removed)
        self._tell_whom_to_remove(store, root, person, listed)
        with store.told():
            found = sorted(str(path) for path in store.files.find(root))
        records = [path for path in found if path.endswith(_MEMBERS)]
        for path in records:
            with tempfile.TemporaryDirectory(dir=person.temp) as folder:
                person.learn(_fetched(store, root, path, Path(folder)))
        for path in [*(path for path in found if path not in records), *records]:
            if path.endswith((".parquet", ".csv", ".jsonl")) and f"{root}/removed/" not in path:
                with tempfile.TemporaryDirectory(dir=person.temp) as folder:
                    local = _fetched(store, root, path, Path(folder))
                    gone, from_list = person.take_out(local, Path(folder))
                    if gone:
                        changed += 1
                        listed += from_list
                        self._tell_whom_to_remove(store, root, person, from_list)
                        with store.told():
                            store.files.put_file(str(local), path)
        told = f"{changed} objects of earlier deliveries rewritten"
        if self.audiences and listed:
            told += (
                f"; removed/{person.erasure}.csv says whom to take off lists made of them, and is to be deleted when that is done"
            )
        return told

    def _opened(self) -> tuple[ObjectStore, str]:
        """The store, and the path in it below which everything lies."""
        store = ObjectStore(self.place, self.settings.url, self.settings.storage_options)
        return store, store.path(self.settings.url).rstrip("/")

    def _current(self, store: ObjectStore) -> dict[str, Any]:
        """The manifest of what the store holds; empty when there is none."""
        root = store.path(self.settings.url).rstrip("/")
        with store.told():
            try:
                found = json.loads(store.files.cat_file(f"{root}/{MANIFEST}"))
            except (FileNotFoundError, json.JSONDecodeError):
                return {}
        return found if isinstance(found, dict) else {}

    def _tell_whom_to_remove(self, store: ObjectStore, root: str, person: PersonErased, removed: Sequence[Any]) -> None:
        """Add to the list in the store before the rows it is made of go, so that an interruption loses none of it."""
        if not self.audiences or not removed:
            return
        path = f"{root}/removed/{person.erasure}.csv"
        header, *rows = person.removal_list(removed).splitlines()
        with store.told():
            with contextlib.suppress(FileNotFoundError):
                rows += store.files.cat_file(path).decode().splitlines()[1:]
            store.make_folder(f"{root}/removed")
            store.replace(path, "".join(line + "\n" for line in [header, *sorted(set(rows))]).encode())


def _fetched(store: ObjectStore, root: str, path: str, folder: Path) -> Path:
    """An object as a local file, at the depth audiences have, so that day and campaign are read off the path."""
    parts = path.removeprefix(f"{root}/").split("/")
    local = folder / parts[0] / (parts[-2] if len(parts) > 1 else "-") / parts[-1]
    local.parent.mkdir(parents=True)
    with store.told():
        store.files.get_file(path, str(local))
    return local


def _send_table(store: ObjectStore, path: str, publication: Publication, table: str) -> int:
    """Batch by batch, as the store takes parts of a file; the number of rows."""
    import pyarrow.parquet as pq

    rows = 0
    with store.told():
        reader = publication.rows(table)
        store.make_folder(path.rpartition("/")[0])
        with store.files.open(path, "wb") as file, pq.ParquetWriter(pa.PythonFile(file, "w"), reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
                rows += batch.num_rows
    return rows


def _send_audiences(store: ObjectStore, folder: str, files: Sequence[Path]) -> list[str]:
    """The files by name; those an interrupted delivery of the same content brought whole already are not sent again."""
    names = [f"{path.parent.name}/{path.name}" for path in files]
    with store.told():
        there = store.files.find(folder, detail=True) if store.files.exists(folder) else {}
        sizes = {str(path).rpartition(f"{folder}/")[2]: info.get("size") for path, info in there.items()}
        for path, name in zip(files, names, strict=True):
            if sizes.get(name) != path.stat().st_size:
                store.files.put_file(str(path), f"{folder}/{name}")
    return names
