"""Those who received data of an erased person: what can be erased there is, and all are told whom to remove."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from segmentation_pipeline.campaigns.upload import FOUND_BY, MEMBERS
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.destinations.catalog import destinations_of
from segmentation_pipeline.destinations.destination import PersonErased
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.privacy.tombstones import Tombstones
from segmentation_pipeline.rights.audience_files import Removal, erase_in_audiences, is_named, is_named_in
from segmentation_pipeline.rights.list_rows import FoundBy

_KEYS = ("customer_id", "canonical_customer_id", "household_id", "group_id")
_KNOWN_BY = ("customer_id", "email", "phone", "email_sha256", "phone_sha256")
_COLUMNS = ("as_of", "campaign", *_KNOWN_BY, "profile", "found_by")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was done at one destination; ``reached`` False: what is to be done by hand, in words."""

    destination: str
    reached: bool
    told: str


def removal_list(removed: Sequence[Removal]) -> str:
    """A CSV file for mailing tools: every list the person was on, with what the tool knows the person by.

    Of a list that was written for a platform also its ``profile``, and by which of its columns the platform finds the person.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    rows = {
        (one.as_of, one.campaign, *(one.row.get(column, "") for column in _KNOWN_BY), *_at_a_platform(one))
        for one in removed
        if one.file == "audience.csv" or one.file.endswith(MEMBERS)
    }
    writer.writerows(sorted(rows))
    return text.getvalue()


def _at_a_platform(removal: Removal) -> tuple[str, str]:
    if not removal.file.endswith(MEMBERS):
        return "", ""
    found = {name.removeprefix(FOUND_BY): value for name, value in removal.row.items() if name.startswith(FOUND_BY)}
    return removal.file.removesuffix(MEMBERS), "; ".join(f"{name} {value}" for name, value in found.items() if value)


def erase_at_destinations(
    config: Config, publication: Path, audiences: Path, stones: Tombstones, removed: Sequence[Removal], erasure: str, temp: Path
) -> list[Receipt]:
    """Bring the rewritten publication to every destination, erase what older deliveries hold, and leave a list of whom to remove.

    A destination that cannot be reached is told; the next run brings it the publication.
    """
    found_by = FoundBy()
    for removal in removed:
        found_by.learn_row(removal.row)
    person = PersonErased(
        erasure,
        removed,
        partial(_erased, stones=stones, found_by=found_by),
        removal_list,
        temp,
        partial(found_by.learn, is_erased=partial(is_named_in, stones=stones)),
    )
    receipts = []
    for destination in destinations_of(config):
        try:
            receipts.append(Receipt(destination.name, True, destination.erase(publication, audiences, person)))
        except UserError as error:
            receipts.append(Receipt(destination.name, False, f"{error} {destination.unreached}"))
    return receipts


def _erased(path: Path, folder: Path, stones: Tombstones, found_by: FoundBy) -> tuple[bool, Sequence[Removal]]:
    """Take the people out of a local file: whether it held any, and the rows of a list."""
    if path.suffix in (".csv", ".jsonl"):
        erased = erase_in_audiences(folder, folder, stones, found_by=found_by)
        return bool(erased.files), erased.removed
    source = pq.ParquetFile(path)
    keys = [name for name in source.schema_arrow.names if name in _KEYS]
    if not keys and found_by.fits(source.schema_arrow.names):  # of a platform, which knows no key of ours
        erased = erase_in_audiences(folder, folder, stones, found_by=found_by)
        return bool(erased.files), erased.removed
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
