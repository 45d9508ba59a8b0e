"""The audience files a mailing tool takes: the only place where personal data meets a campaign.

``<folder>/<as_of>/<campaign>/`` holds ``audience.csv`` (the treatment arm), ``added.csv`` and
``removed.csv`` (against the latest earlier day's audience on disk) and ``manifest.json``.  Equal
inputs give equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import ibis.expr.types as ir

from segmentation_pipeline.campaigns.atomic_folder import replaced_folder
from segmentation_pipeline.campaigns.csv_file import harmless, write_csv
from segmentation_pipeline.config.schema import Campaign, CsvOptions, PrivacyConfig
from segmentation_pipeline.contracts.labels import Arm, FunnelStep
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.privacy.addresses import CHANNEL_FIELDS, contact_fields
from segmentation_pipeline.privacy.consent import consent_basis

AUDIENCE, ADDED, REMOVED, MANIFEST = "audience.csv", "added.csv", "removed.csv", "manifest.json"


class ExportError(UserError):
    """The audience and the contact data do not belong together; nothing was written."""


def export_audience(
    engine: Engine,
    selection: ir.Table,
    *,
    campaign_name: str,
    campaign: Campaign,
    population: int,
    pii: ir.Table | None,
    customers: ir.Table | None,
    privacy: PrivacyConfig,
    has_ledger: bool,
    as_of: date,
    folder: Path,
    lineage: Sequence[str],
) -> dict[str, object]:
    """Write one campaign's files and return the manifest.

    ``selection`` is what ``gate.select_audience`` returned for a profile of ``population``
    customers, stored (it is read several times);
    ``pii`` and ``customers`` are the tables the gate's addresses were made of, None without a
    customers source; ``lineage`` names the tables the selection was made of.

    A row of ``audience.csv`` is a customer to contact, best rank first: ``customer_id``, ``rank``
    and the channel's contact fields.  ``added.csv`` has the same columns, for those who were not in
    the previous audience; ``removed.csv`` has the ``customer_id`` of those who no longer are, for
    whatever reason.  Cells that a spreadsheet would run as a formula get a leading apostrophe;
    e-mail addresses and phone numbers never do, their patterns leave no room for one.

    An interrupted export leaves the previous files.  Raises ``ExportError`` when someone chosen
    has no contact data.
    """
    counts = {str(row["outcome"]): int(str(row["people"])) for row in engine.rows(_outcome_counts(selection))}
    counts[FunnelStep.RULE.value] = population - sum(counts.values())
    target = folder / as_of.isoformat() / campaign_name
    before = _previous(folder, campaign_name, as_of)
    with replaced_folder(target) as fresh, _contacted(engine, selection, pii) as people:
        rows = _audience_rows(selection, campaign, people, customers)
        files = {AUDIENCE: write_csv(engine, rows.order_by("rank", "customer_id"), fresh / AUDIENCE)}
        _check_complete(campaign_name, files[AUDIENCE].rows, counts.get(Arm.TREATMENT, 0))
        # Customers of two files are compared as written, so an apostrophe makes nobody new.
        members = _members(engine, before)
        added, removed = rows.anti_join(members, "customer_id"), members.anti_join(rows, "customer_id")
        files[ADDED] = write_csv(engine, added.order_by("rank", "customer_id"), fresh / ADDED)
        files[REMOVED] = write_csv(engine, removed.order_by("customer_id"), fresh / REMOVED)
        manifest: dict[str, object] = {
            "campaign": campaign_name,
            "as_of": as_of.isoformat(),
            "channel": campaign.channel,
            "purpose": campaign.purpose,
            "consent": consent_basis(privacy, has_ledger=has_ledger),
            "config_sha256": _config_hash(campaign_name, campaign, privacy),
            "content_sha256": files[AUDIENCE].sha256,
            "columns": ["customer_id", "rank", *CHANNEL_FIELDS[campaign.channel]],
            "arms": {arm.value: counts.get(arm, 0) for arm in Arm},
            "left_out": {step.value: counts.get(step, 0) for step in FunnelStep if step != FunnelStep.EXPORTED},
            "files": {name: {"rows": file.rows, "sha256": file.sha256} for name, file in files.items()},
            "previous": _previous_note(before),
            "lineage": sorted(lineage),
        }
        _write_private(fresh / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    return manifest


def remove_other_audiences(folder: Path, as_of: date, campaigns: Collection[str]) -> list[str]:
    """Delete the day's audiences of campaigns that are not configured (any more); their names."""
    day = folder / as_of.isoformat()
    if not day.is_dir():
        return []
    # What an interrupted export of a configured campaign left is that campaign's next export's to recover.
    stale = sorted(path for path in day.iterdir() if path.is_dir() and path.name.strip(".").split(".")[0] not in campaigns)
    for path in stale:
        shutil.rmtree(path)
    return [path.name for path in stale]


def _outcome_counts(selection: ir.Table) -> ir.Table:
    return selection.group_by("outcome").agg(people=selection.count())


def _treated(selection: ir.Table) -> ir.Table:
    return selection.filter(selection.outcome == Arm.TREATMENT.value).select("customer_id", "rank")


@contextmanager
def _contacted(engine: Engine, selection: ir.Table, pii: ir.Table | None) -> Iterator[ir.Table | None]:
    """``pii`` of the people to contact, set aside: engines would normalise everybody's address first, which is dear."""
    if pii is None:
        yield None
        return
    with engine.staged(pii.semi_join(_treated(selection), "customer_id")) as people:
        yield people


def _audience_rows(selection: ir.Table, campaign: Campaign, pii: ir.Table | None, customers: ir.Table | None) -> ir.Table:
    wanted = CHANNEL_FIELDS[campaign.channel]
    joined = _treated(selection).inner_join(contact_fields(campaign.channel, pii, customers), "customer_id")
    found = joined.select("customer_id", "rank", *wanted)
    fields = {name: found[name] if name in ("email", "phone") else harmless(found[name]) for name in wanted}
    return found.select(customer_id=harmless(found.customer_id), rank=found["rank"], **fields)


def _check_complete(campaign_name: str, written: int, chosen: object) -> None:
    if written != chosen:
        raise ExportError(
            f"campaign {campaign_name}: {chosen} customers were chosen but {written} have contact data for the channel. "
            f"Customers changed after the selection was made: run the day again."
        )


def _previous(folder: Path, campaign_name: str, as_of: date) -> Path | None:
    """The folder of the campaign's latest complete audience before ``as_of``."""
    found = [
        path.parent
        for path in folder.glob(f"*/{campaign_name}/{MANIFEST}")
        if _is_day(path.parent.parent.name) and path.parent.parent.name < as_of.isoformat()
    ]
    return max(found, default=None)


def _is_day(name: str) -> bool:
    try:
        return date.fromisoformat(name).isoformat() == name
    except ValueError:
        return False


def _members(engine: Engine, before: Path | None) -> ir.Table:
    if before is None:
        return engine.memtable({"customer_id": []}, {"customer_id": "string"})
    return engine.read_file(before / AUDIENCE, "csv", ["customer_id"], CsvOptions()).records.select("customer_id")


def _previous_note(before: Path | None) -> dict[str, str] | None:
    if before is None:
        return None
    manifest = json.loads((before / MANIFEST).read_text(encoding="utf-8"))
    return {"as_of": before.parent.name, "content_sha256": manifest["content_sha256"]}


def _config_hash(campaign_name: str, campaign: Campaign, privacy: PrivacyConfig) -> str:
    """Of what was asked for: the campaign and the privacy settings."""
    asked = {"name": campaign_name, "campaign": campaign.model_dump(mode="json"), "privacy": privacy.model_dump(mode="json")}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8", newline="\n")
