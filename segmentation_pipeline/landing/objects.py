"""Objects of an object store landed as the files they are: only those that are new or changed are fetched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.origin_checks import option_problems, url_problems
from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.connections.object_store import ObjectStore
from segmentation_pipeline.connections.place import Place
from segmentation_pipeline.connections.protocols import protocol_of
from segmentation_pipeline.landing.landing import Landing
from segmentation_pipeline.landing.state import Landed, State, read_state, remove_others, write_state
from segmentation_pipeline.landing.whole_file import complete, part_of

_OBJECTS = "objects"
_VERSIONS = (
    "ETag",
    "etag",
    "versionId",
    "generation",
    "content_md5",
    "LastModified",
    "last_modified",
    "updated",
    "mtime",
    "created",
)


class ObjectLanding(Landing):
    """What the URLs among the ``files`` of a source match."""

    what = "The objects of an object store"
    badges = frozenset({"file", "parquet"})

    @property
    def fetches(self) -> bool:
        return bool(self.source.urls)

    def problems(self, file: YamlFile) -> Iterator[Diagnostic]:
        key: KeyPath = ("sources", self.name)
        for url in self.source.urls:
            yield from url_problems(url, file, (*key, "files"))
        yield from option_problems(self.source.storage_options, file, (*key, "storage_options"))
        if self.source.storage_options and not self.source.urls:
            yield file.problem((*key, "storage_options"), "options without a URL", "'files' with a URL such as s3://bucket/*.csv")

    def connection_test(self) -> str:
        return f"{len(_matching(self.place, self.source))} objects match"

    def land(self, folder: Path, *, full: bool) -> Landed:
        """Bring ``folder/objects`` in line with what the source's URLs match now: bucket and path as in the store.

        An object is fetched when size or version (ETag, else time of change) differ from the last
        landing.  Raises ``ConnectionProblem`` when the store cannot be used or nothing matches.
        """
        return _land(self.place, folder, self.source, full=full)


def _land(place: Place, folder: Path, source: SourceConfig, *, full: bool) -> Landed:
    origin = hashlib.sha256(json.dumps([source.urls, dict(source.storage_options)]).encode()).hexdigest()
    before = read_state(folder)
    state = before.to_build_on(origin, full=full)
    found = _matching(place, source)
    fetched, size = [], 0
    versions = {path: _version(info) for path, (_, info) in found.items()}
    for path, (store, info) in found.items():
        target = folder / _OBJECTS / _local(place, path)
        if state.objects.get(path) == versions[path] is not None and target.is_file():
            continue
        _fetch(place, store, path, info, target)
        fetched.append(path)
        size += target.stat().st_size
    after = State(origin, objects={path: version or "" for path, version in versions.items()})
    if after != before:
        write_state(folder, after)
    remove_others(folder / _OBJECTS, (_local(place, path) for path in found))
    removed = tuple(path for path in before.objects if path not in found)
    return Landed(tuple(found), tuple(fetched), removed, size)


def _matching(place: Place, source: SourceConfig) -> dict[str, tuple[ObjectStore, dict[str, Any]]]:
    """The objects the source's URLs match: path to its store and what that tells about it.

    Raises ``ConnectionProblem`` when there is none.
    """
    stores = {protocol_of(url): ObjectStore(place, url, source.storage_options) for url in source.urls}
    by_url = {url: stores[protocol_of(url)] for url in source.urls}
    found = {path: (store, info) for url, store in by_url.items() for path, info in store.matches(url).items()}
    if not found:
        for url, store in by_url.items():
            store.check_bucket(url)
        raise place.problem(f"no object matches {', '.join(source.urls)}. Correct {place.key}.files, or put files there.")
    return found


def _version(info: Mapping[str, Any]) -> str | None:
    """What changes when the object does; None when the store tells nothing but its size."""
    version = next((info[key] for key in _VERSIONS if info.get(key)), None)
    return None if version is None else f"{info.get('size')} {version}"


def _local(place: Place, path: str) -> str:
    """The object's path below the landing folder, which it must not leave."""
    parts = PurePosixPath(path.lstrip("/")).parts
    if any(part.startswith(".") for part in parts):
        raise place.problem(
            f"the object {path} has a part that begins with a dot; such files are not read. Narrow {place.key}.files."
        )
    return "/".join(parts)


def _fetch(place: Place, store: ObjectStore, path: str, info: Mapping[str, Any], target: Path) -> None:
    part = part_of(target)
    part.parent.mkdir(parents=True, exist_ok=True)
    with store.told():
        store.files.get_file(path, str(part))
    expected, received = info.get("size"), part.stat().st_size
    if expected is not None and expected != received:
        raise place.problem(f"{path} changed while it was fetched ({received} bytes instead of {expected}). Run again.")
    complete(target)
