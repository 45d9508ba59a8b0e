"""A list in the form of the platform that takes it, beside the list: all of it, who is new, and whom to take off.

``audience.csv`` stays the record of who is on the list.  ``<profile>.members.csv`` says by which values each of them was
written: from it come the next day's removals, also of people whose address has changed, and by it an erasure finds rows that
name nobody.  It is never uploaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.audience_people import OF_ARM
from segmentation_pipeline.campaigns.csv_file import CsvFile, harmless, write_csv
from segmentation_pipeline.campaigns.lists import AudienceList, read_manifest
from segmentation_pipeline.campaigns.upload_files import write_upload
from segmentation_pipeline.campaigns.upload_rows import PERSON, UploadColumns, json_line, leavers, newcomers, upload_rows
from segmentation_pipeline.config.schema import AudienceProfile, Campaign, CsvOptions
from segmentation_pipeline.engine.base import Engine

MEMBERS = ".members.csv"
"""How the record of what was uploaded of whom ends."""
FOUND_BY, WRITTEN = "found by ", "written as "
"""How its columns begin: those the platform finds a person by, and others."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What a list is to be written as: ``name`` of the profile, and whether people were asked for their consent."""

    name: str
    profile: AudienceProfile
    campaign: Campaign
    consent_was_asked: bool

    @property
    def shape(self) -> UploadColumns:
        columns = self.profile.columns_for(self.campaign.channel, self.campaign.profile_settings)
        stated = tuple(column for column in columns if self.consent_was_asked or not column.states_consent)
        of_arm = OF_ARM if self.campaign.arms else ()
        return UploadColumns(self.profile, stated, (*of_arm, *self.campaign.content) if self.profile.content else ())

    @property
    def separator(self) -> str:
        return self.profile.separator_for(self.campaign.profile_settings)

    @property
    def written_as(self) -> dict[str, object]:
        """What decides how somebody is written: lists of the same can be compared."""
        return {
            "profile": self.name,
            "version": self.profile.version,
            "settings": self.profile.answers(self.campaign.profile_settings),
        }


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The files that were written, and what the manifest tells of them."""

    files: Mapping[str, CsvFile] = field(default_factory=dict)
    told: Mapping[str, object] | None = None


def write_uploads(
    engine: Engine,
    upload: Upload,
    people: ir.Table,
    shared_phones: ir.Table | None,
    *,
    folder: Path,
    audiences: Path,
    before: AudienceList | None,
) -> Uploaded:
    """Write the files of ``upload`` into ``folder``; ``people`` are those of the list, with contact fields and content.

    ``before``: the list of an earlier day below ``audiences`` that this one is compared with.
    """
    shape, name = upload.shape, upload.name
    with engine.staged(upload_rows(people, shape, shared_phones)) as rows:
        ordered = rows.order_by("_rank", PERSON)
        files = _write(engine, ordered, shape.headers, folder, name, upload)
        earlier, why_not = _members_before(engine, upload, audiences, before)
        added = newcomers(rows, earlier, shape.remembered).order_by("_rank", PERSON)
        files |= _write(engine, added, shape.headers, folder, f"{name}.added", upload)
        removed = leavers(rows, earlier, shape).order_by(PERSON)
        files |= _write(engine, removed, shape.of_removed, folder, f"{name}.removed", upload)
        members = rows.order_by("_rank", PERSON)
        record = members.select(customer_id=harmless(members[PERSON]), **{of: members[h] for h, of in _told(shape).items()})
        files[name + MEMBERS] = write_csv(engine, record, folder / (name + MEMBERS))
        written, listed = engine.count(rows), engine.count(people)
    return Uploaded(files, _told_of(upload, shape, written, listed, why_not))


def _told(shape: UploadColumns) -> dict[str, str]:
    """The columns of the record by those of the file."""
    return {header: (FOUND_BY if header in shape.identifying else WRITTEN) + header for header in shape.remembered}


def _told_of(upload: Upload, shape: UploadColumns, written: int, listed: int, why_not: str | None) -> dict[str, object]:
    profile, fewest = upload.profile, upload.profile.limits.fewest_people
    warnings = []
    if fewest is not None and written < fewest:
        warnings.append(f"{written} people: {profile.title} serves no list of fewer than {fewest}")
    if listed > written:
        warnings.append(f"{listed - written} people of the list cannot be found by {profile.title} and are not in its files")
    if profile.consent and not upload.consent_was_asked:
        warnings.append(f"nobody was asked for consent here, so nothing is declared: {', '.join(profile.consent)}")
    return {
        **upload.written_as,
        "columns": list(shape.headers),
        "identified_by": list(shape.identifying),
        "people": written,
        "not_written": listed - written,
        "consent": dict(profile.consent) if upload.consent_was_asked else {},
        "compared": "with the list before" if why_not is None else why_not,
        "warnings": warnings,
    }


def _write(
    engine: Engine, rows: ir.Table, columns: tuple[str, ...], folder: Path, stem: str, upload: Upload
) -> dict[str, CsvFile]:
    table = json_line(rows, columns) if upload.profile.format == "json_lines" else rows.select(*columns)
    return write_upload(engine.batches(table), table.schema().to_pyarrow(), folder, stem, upload.profile, upload.separator)


def _members_before(engine: Engine, upload: Upload, audiences: Path, before: AudienceList | None) -> tuple[ir.Table, str | None]:
    """Who was written before as the columns now are, and why they cannot be compared; nobody then."""
    names = upload.shape.remembered
    nobody = engine.memtable({name: [] for name in (PERSON, *names)}, dict.fromkeys((PERSON, *names), "string"))
    if before is None:
        return nobody, "with nothing: there is no list before"
    told = read_manifest(audiences, before).get("upload")
    if not isinstance(told, dict) or any(told.get(key) != value for key, value in upload.written_as.items()):
        return nobody, "with nothing: the list before was written otherwise. Replace the list at the platform"
    record = audiences / before.folder / (upload.name + MEMBERS)
    columns = _told(upload.shape)
    read = engine.read_file(record, "csv", ["customer_id", *columns.values()], CsvOptions()).records
    return read.select(**{PERSON: read.customer_id}, **{name: read[of].nullif("") for name, of in columns.items()}), None


def write_revoked(engine: Engine, folder: Path, manifest: Mapping[str, Any], revoked: ir.Table, temp: Path) -> None:
    """Beside the list in ``folder``, for the platform it was written for: by which values it finds those of ``revoked``.

    ``revoked`` has ``customer_id`` as the record spells it.  Written nowhere for a list without a profile.
    """
    told = manifest.get("upload")
    if not isinstance(told, dict) or not (folder / f"{told['profile']}{MEMBERS}").is_file():
        return  # a record that is missing is told as a changed file
    columns = [FOUND_BY + header for header in told["identified_by"]]
    record = engine.read_file(folder / f"{told['profile']}{MEMBERS}", "csv", ["customer_id", *columns], CsvOptions()).records
    found = record.semi_join(revoked, "customer_id").order_by(*columns)
    fresh = temp / f"{folder.parent.name}.{folder.name}.{told['profile']}.revoked.csv"
    write_csv(engine, found.select(**{name.removeprefix(FOUND_BY): found[name] for name in columns}), fresh)
    fresh.replace(folder / f"{told['profile']}.revoked.csv")


def empty_people(content: tuple[str, ...]) -> ir.Table:
    """Nobody, with every column people have."""
    columns = ("customer_id", *_CONTACT, *content)
    schema = ibis.schema({"rank": "int64", **dict.fromkeys(columns, "string")})
    return ibis.memtable(schema.to_pyarrow().empty_table())


_CONTACT = ("email", "phone", "first_name", "last_name", "street", "postal_code", "city", "country")
