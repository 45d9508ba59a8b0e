"""The audience files a mailing tool takes: the only place where personal data meets a campaign.

``<folder>/<as_of>/<campaign>/`` holds ``audience.csv`` (whoever is contacted), ``added.csv`` and
``removed.csv`` (against the latest earlier day's audience on disk, a new version against the one before) and
``manifest.json``.  Equal inputs give equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis.expr.types as ir

from segmentation_pipeline.campaigns.atomic_folder import replaced_folder
from segmentation_pipeline.campaigns.audience_log import MADE, MADE_AGAIN, REISSUED, REMOVED_LIST, AudienceLog
from segmentation_pipeline.campaigns.audience_people import ContactData, audience_rows, contacted, details_of_listed, list_columns
from segmentation_pipeline.campaigns.context import CampaignContext
from segmentation_pipeline.campaigns.csv_file import CsvFile, write_csv
from segmentation_pipeline.campaigns.lists import (
    ADDED,
    AUDIENCE,
    MANIFEST,
    REMOVED,
    AudienceList,
    latest_before,
    lists_on_disk,
    read_manifest,
)
from segmentation_pipeline.campaigns.seal import sealed
from segmentation_pipeline.campaigns.upload import Upload, Uploaded, empty_people, write_uploads
from segmentation_pipeline.campaigns.upload_rows import phones_of_several
from segmentation_pipeline.config.schema import AudienceProfile, Campaign, CsvOptions
from segmentation_pipeline.contracts.labels import Arm, FunnelStep
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.privacy.addresses import contact_details
from segmentation_pipeline.privacy.consent import consent_basis

_FIRST_KEYS = frozenset(
    {"key", "formerly", "title", "description", "owner", "channel", "purpose", "audience", "rank_by", "one_per"}
    | {"limit", "quiet_days", "kind", "repeat", "counts_as_contacted", "holdout_share"}
)
"""What a campaign could be asked for when lists were first kept."""


class ExportError(UserError):
    """The audience and the contact data do not belong together; nothing was written."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a manifest tells of how its list was made.

    ``population``: the customers of the profile that was asked; ``has_ledger``: whether consent was looked up; ``lineage``:
    the tables the selection was made of; ``publication_id``: that of the published tables of the same run.  ``profile``: that
    of the platform, where the campaign names one; ``program``: the version of this one.
    """

    population: int
    has_ledger: bool
    lineage: Sequence[str]
    publication_id: str | None = None
    profile: AudienceProfile | None = None
    program: str | None = None


def export_audience(
    engine: Engine,
    context: CampaignContext,
    selection: ir.Table,
    contact: ContactData,
    provenance: Provenance,
    *,
    folder: Path,
    labels: Collection[str] = (),
    log: AudienceLog | None = None,
) -> dict[str, object]:
    """Write one campaign's files and return the manifest; what differs from the list it replaces goes to ``log``.

    ``selection`` is what ``gate.select_audience`` returned, stored (it is read several times); ``labels`` are the names the
    campaign has or had.

    A row of ``audience.csv`` is a customer to contact, best rank first: ``customer_id``, ``rank``, in a campaign with arms
    ``arm`` and its ``content``, the channel's contact fields, and the campaign's own content.  ``added.csv`` has the same
    columns, for those who were not in the previous audience; ``removed.csv`` has the ``customer_id`` of those who no longer
    are, for whatever reason.  Cells that a spreadsheet would run as a formula get a leading apostrophe; e-mail addresses and
    phone numbers never do, their patterns leave no room for one.  Beside them lie the files of the campaign's profile.

    An interrupted export leaves the previous files.  Raises ``ExportError`` when someone chosen
    has no contact data.
    """
    counts = _counts(engine, selection, "outcome")
    counts.pop(FunnelStep.RULE.value, None)  # the selection knows only those the rule names
    counts[FunnelStep.RULE.value] = provenance.population - sum(counts.values())
    this = AudienceList(context.as_of, context.name, context.version)
    target = folder / this.folder
    before = latest_before(lists_on_disk(folder), {context.name, *labels}, this)
    replaced = this if (target / MANIFEST).is_file() else None
    with replaced_folder(target) as fresh, contacted(engine, selection, context.campaign, contact.pii) as people:
        rows = audience_rows(selection, context.campaign, people, contact)
        files = _written(engine, rows, _members(engine, folder, before), fresh)
        _check_complete(context.name, files[AUDIENCE].rows, counts.get(Arm.TREATMENT, 0))
        uploaded = _uploaded(engine, context, selection, people, contact, provenance, fresh, folder, before)
        arms = _arm_counts(engine, selection, context.campaign, counts)
        manifest = _manifest(context, counts, arms, {**files, **uploaded.files}, provenance)
        manifest |= {"previous": _previous_note(folder, before), "lineage": sorted(provenance.lineage)}
        if uploaded.told is not None:
            manifest["upload"] = dict(uploaded.told)
        manifest = sealed(manifest)
        write_private(fresh / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
        differs = _what_differs(engine, folder, replaced, rows, manifest)
    if log is not None and differs is not None:
        event = REISSUED if context.version > 1 else MADE_AGAIN if replaced else MADE
        log.add(event, context.as_of, context.name, context.version, **differs)
    return manifest


def _written(engine: Engine, rows: ir.Table, members: ir.Table, folder: Path) -> dict[str, CsvFile]:
    """The files of a list by name.  Customers of two files are compared as written, so an apostrophe makes nobody new."""
    files = {AUDIENCE: write_csv(engine, rows.order_by("rank", "customer_id"), folder / AUDIENCE)}
    added, removed = rows.anti_join(members, "customer_id"), members.anti_join(rows, "customer_id")
    files[ADDED] = write_csv(engine, added.order_by("rank", "customer_id"), folder / ADDED)
    files[REMOVED] = write_csv(engine, removed.order_by("customer_id"), folder / REMOVED)
    return files


def _uploaded(
    engine: Engine,
    context: CampaignContext,
    selection: ir.Table,
    people: ir.Table | None,
    contact: ContactData,
    provenance: Provenance,
    fresh: Path,
    folder: Path,
    before: AudienceList | None,
) -> Uploaded:
    """The files of the campaign's profile, where it has one."""
    campaign, profile = context.campaign, provenance.profile
    if campaign.profile is None or profile is None:
        return Uploaded()
    asked = context.privacy.consent == "required" and provenance.has_ledger
    upload = Upload(campaign.profile, profile, campaign, asked)
    listed, shared = empty_people(upload.shape.content), None
    if people is not None and contact.customers is not None and contact.pii is not None:
        listed = details_of_listed(selection, campaign, people, contact.customers, contact.content)
        if campaign.channel == "ads" and any(column.field == "phone" for column in upload.shape.columns):
            shared = phones_of_several(contact_details(contact.pii, contact.customers))
    return write_uploads(engine, upload, listed, shared, folder=fresh, audiences=folder, before=before)


def _manifest(
    context: CampaignContext,
    counts: Mapping[str, int],
    arms: Mapping[str, int],
    files: Mapping[str, CsvFile],
    provenance: Provenance,
) -> dict[str, object]:
    campaign = context.campaign
    return {
        "campaign": context.name,
        "key": context.key,
        "kind": campaign.kind,
        "version": context.version,
        "publication_id": provenance.publication_id,
        "program": provenance.program,
        "as_of": context.as_of.isoformat(),
        "channel": campaign.channel,
        "purpose": campaign.purpose,
        "consent": consent_basis(context.privacy, has_ledger=provenance.has_ledger),
        "config_sha256": _config_hash(context),
        "content_sha256": files[AUDIENCE].sha256,
        "columns": list_columns(campaign),
        "arms": arms,
        "left_out": {step.value: counts.get(step, 0) for step in FunnelStep if step != FunnelStep.EXPORTED},
        "files": {name: {"rows": file.rows, "sha256": file.sha256} for name, file in files.items()},
    }


def remove_other_audiences(folder: Path, as_of: date, campaigns: Collection[str], log: AudienceLog | None = None) -> list[str]:
    """Delete the day's audiences of campaigns that are not configured (any more) and not frozen; their names."""
    day = folder / as_of.isoformat()
    if not day.is_dir():
        return []
    # What an interrupted export of a configured campaign left is that campaign's next export's to recover.
    stale = sorted(path for path in day.iterdir() if path.is_dir() and path.name.strip(".").split(".")[0] not in campaigns)
    for path in stale:
        shutil.rmtree(path)
        if log is not None:
            log.add(REMOVED_LIST, as_of, path.name)
    return [path.name for path in stale]


def _what_differs(
    engine: Engine, folder: Path, replaced: AudienceList | None, rows: ir.Table, manifest: Mapping[str, object]
) -> dict[str, object] | None:
    """What is worth noting of a list: its figures, beside those of the list it replaces; None when they are the same."""
    told = {name: manifest[name] for name in ("arms", "content_sha256", "config_sha256", "publication_id")}
    if replaced is None:
        return told
    old = read_manifest(folder, replaced)
    if all(old.get(name) == value for name, value in told.items()):
        return None
    members = _members(engine, folder, replaced)
    return told | {
        "added": engine.count(rows.anti_join(members, "customer_id")),
        "removed": engine.count(members.anti_join(rows, "customer_id")),
        "before": {name: old.get(name) for name in told},
    }


def _counts(engine: Engine, selection: ir.Table, column: str) -> dict[str, int]:
    rows = engine.rows(selection.group_by(column).agg(people=selection.count()))
    return {str(row[column]): int(row["people"]) for row in rows}


def _arm_counts(engine: Engine, selection: ir.Table, campaign: Campaign, outcomes: Mapping[str, int]) -> dict[str, int]:
    """How many people are in each arm, those of nobody included."""
    if not campaign.arms:
        return {arm.value: outcomes.get(arm, 0) for arm in Arm}
    found = _counts(engine, selection, "arm")
    return {arm: found.get(arm, 0) for arm in (*campaign.arms, Arm.HOLDOUT.value)}


def _check_complete(campaign_name: str, written: int, chosen: object) -> None:
    if written != chosen:
        raise ExportError(
            f"campaign {campaign_name}: {chosen} customers were chosen but {written} have contact data for the channel. "
            f"Customers changed after the selection was made: run the day again."
        )


def _members(engine: Engine, folder: Path, listed: AudienceList | None) -> ir.Table:
    if listed is None:
        return engine.memtable({"customer_id": []}, {"customer_id": "string"})
    file = folder / listed.folder / AUDIENCE
    return engine.read_file(file, "csv", ["customer_id"], CsvOptions()).records.select("customer_id")


def _previous_note(folder: Path, before: AudienceList | None) -> dict[str, object] | None:
    if before is None:
        return None
    note = {"as_of": before.as_of.isoformat(), "content_sha256": read_manifest(folder, before)["content_sha256"]}
    return note if before.version == 1 else note | {"version": before.version}


def _config_hash(context: CampaignContext) -> str:
    """Of what was asked for: the campaign and the privacy settings.  A key that came with a later version of the program
    counts where it is used: a list is no other because there is something new that could be asked for."""
    usual = {name: field.get_default(call_default_factory=True) for name, field in type(context.campaign).model_fields.items()}
    used = {name for name in usual if name in _FIRST_KEYS or getattr(context.campaign, name) != usual[name]}
    campaign = context.campaign.model_dump(mode="json", include=used)
    privacy = context.privacy.model_dump(mode="json", exclude={"fairness"})  # it looks at lists and changes none
    asked = {"name": context.name, "campaign": campaign, "privacy": privacy}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8", newline="\n")
