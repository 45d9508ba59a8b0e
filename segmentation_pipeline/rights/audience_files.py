"""Audience files and their manifests without the people who were erased: the only thing that changes a frozen list."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import cast

import ibis

from segmentation_pipeline.campaigns.audience_log import ERASED, AudienceLog
from segmentation_pipeline.campaigns.lists import MANIFEST, AudienceList, lists_on_disk, read_manifest
from segmentation_pipeline.campaigns.seal import SEAL, is_whole, sealed
from segmentation_pipeline.campaigns.stored import AUDIENCE_FILE, bring_up_to_date
from segmentation_pipeline.campaigns.upload import MEMBERS
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.privacy.tombstones import Kind, Tombstones, write_private
from segmentation_pipeline.rights.changed_file import FileChange, replacing, sha256
from segmentation_pipeline.rights.list_rows import FoundBy, Row, list_files, shortened

_LIST = ("as_of", "campaign", "version")
_IDS = ("customer_id", "unit", "household_id")


@dataclass(frozen=True)
class Removal:
    """A row that was taken out: of which list, and what the receiver of the list knows the person by."""

    as_of: str
    campaign: str
    file: str
    row: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class ErasedAudiences:
    """The files that changed, by path, and the rows taken out of them."""

    files: Mapping[str, FileChange]
    removed: tuple[Removal, ...] = field(repr=False)


def erase_in_audiences(
    folder: Path,
    root: Path,
    stones: Tombstones,
    *,
    dry: bool = False,
    found_by: FoundBy | None = None,
    log: AudienceLog | None = None,
) -> ErasedAudiences:
    """Take the people of ``stones`` out of every list file below ``folder`` and correct what manifests say of rows and hashes.

    ``dry``: tell what would change.  ``found_by``: what is known already of how platforms know the people; what the records
    below ``folder`` say is added to it.  ``log``: where the new seals of sealed lists are noted.  Paths are told as from
    ``root``.
    """
    found_by = found_by or FoundBy()
    for path in folder.rglob(f"*{MEMBERS}"):
        found_by.learn(path, partial(is_named_in, stones=stones))

    def is_erased(row: Row) -> bool:
        return is_named_in(row, stones) or found_by.names(row)

    changes: dict[Path, FileChange] = {}
    removed: list[Removal] = []
    for path in list_files(folder):
        if (shorter := shortened(path, is_erased)) is None:
            continue
        place = path.relative_to(folder).parts
        removed += [Removal(place[0], place[1] if len(place) > 2 else "", path.name, row) for row in shorter.removed]
        before = shorter.kept + len(shorter.removed)
        changes[path] = FileChange(before, shorter.kept, sha256(path), shorter.sha256)
    if changes and not dry:
        # Manifests first: an erasure that is killed in between finds the files still to change, and comes to the same hashes.
        _correct_manifests(folder, {change.sha256_before: change for change in changes.values()}, log)
        for path in changes:
            if (shorter := shortened(path, is_erased)) is not None:
                with replacing(path) as draft:
                    draft.write_bytes(shorter.content)
    return ErasedAudiences({path.relative_to(root).as_posix(): change for path, change in changes.items()}, tuple(removed))


def correct_audience_files(engine: Engine, folder: Path, listed: ErasedAudiences) -> None:
    """``campaigns.audience_files`` tells the rows and hashes of the files as they are once ``listed`` is carried out.

    What manifests say counts, so that files an interrupted erasure changed are corrected too.
    """
    if not engine.has(tables.AUDIENCE_FILES):
        return
    bring_up_to_date(engine, tables.AUDIENCE_FILES)
    stored = engine.table(tables.AUDIENCE_FILES)
    changes = {change.sha256_before: change for change in listed.files.values()}
    facts: list[dict[str, object]] = []
    for row in engine.rows(stored.select(*_LIST).distinct()):
        each = AudienceList(cast(date, row["as_of"]), str(row["campaign"]), int(row["version"]))
        if (folder / each.folder / MANIFEST).is_file():
            for file, fact in read_manifest(folder, each).get("files", {}).items():
                change = changes.get(fact["sha256"])
                told = (change.rows_after, change.sha256_after) if change else (fact["rows"], fact["sha256"])
                facts.append({**row, "file": file, "_records": told[0], "_sha256": told[1]})
    shape = {**{name: AUDIENCE_FILE[name] for name in (*_LIST, "file")}, "_records": "int64", "_sha256": "string"}
    with engine.staged(engine.memtable({name: [fact[name] for fact in facts] for name in shape}, shape)) as known:
        both = stored.left_join(known, [*_LIST, "file"])
        corrected = both.mutate(
            sha256=ibis.coalesce(both._sha256, both.sha256), records=ibis.coalesce(both._records, both.records)
        )
        engine.write(tables.AUDIENCE_FILES, corrected.select(*stored.columns))


def is_named(customer_id: str, stones: Tombstones) -> bool:
    """Whether a key as an audience file spells it, maybe behind an apostrophe, is that of somebody erased."""
    spelled = customer_id.strip().lower()
    return any(stones.mark(Kind.CUSTOMER, key) in stones.known(Kind.CUSTOMER) for key in {spelled, spelled.removeprefix("'")})


def is_named_in(row: Row, stones: Tombstones) -> bool:
    """Whether a row names somebody erased by key, e-mail address or telephone number."""
    if any(is_named(row[column], stones) for column in _IDS if row.get(column)):
        return True
    for column, kind in (("email", Kind.EMAIL), ("phone", Kind.PHONE)):
        if row.get(column) and stones.mark(kind, row[column].strip().lower()) in stones.known(kind):
            return True
    return False


def _correct_manifests(folder: Path, changes: Mapping[str, FileChange], log: AudienceLog | None) -> None:
    """Manifests tell of the files as they will be.  What was changed by hand before is not sealed anew, so that it stays told."""
    lists = {folder / each.folder / MANIFEST: each for each in lists_on_disk(folder)}
    seals = log.seals() if log else {}
    for path in sorted(folder.rglob("*.json")):
        text = path.read_text(encoding="utf-8")
        if not any(old in text for old in changes):
            continue
        before = json.loads(text)
        corrected = _corrected(before, changes)
        if isinstance(corrected, dict) and SEAL in corrected and is_whole(before):
            corrected = sealed(corrected)
            each = lists.get(path)
            # The log first: where an erasure is killed in between, the manifest is still to be corrected, to the same seal.
            if log and each in seals and seals[each] == before[SEAL]:
                log.add(ERASED, each.as_of, each.campaign, each.version, seal=corrected[SEAL])
        write_private(path, json.dumps(corrected, indent=2, ensure_ascii=False) + "\n")


def _corrected(value: object, changes: Mapping[str, FileChange]) -> object:
    """The manifest with the new hashes in place of the old, and the rows beside them; ``erased`` counts who was taken out."""
    if isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value):
        return changes[value].sha256_after if value in changes else value
    if isinstance(value, list):
        return [_corrected(one, changes) for one in value]
    if isinstance(value, dict):
        change = changes.get(str(value.get("sha256")))
        found = {key: _corrected(one, changes) for key, one in value.items()}
        if change is not None and isinstance(value.get("rows"), int):
            found["rows"] = change.rows_after
            found["erased"] = int(value.get("erased", 0)) + change.rows_before - change.rows_after
        return found
    return value
