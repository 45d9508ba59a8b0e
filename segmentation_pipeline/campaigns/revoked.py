"""A list against what is known now: who on it has said no since, or cannot be told to agree any more.

The gate that made the list judges it again, by person and by the address in the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.csv_file import as_known, harmless, write_csv
from segmentation_pipeline.campaigns.gate import select_audience
from segmentation_pipeline.campaigns.lists import AUDIENCE, REVOKED, AudienceList
from segmentation_pipeline.campaigns.seal import changed_files
from segmentation_pipeline.campaigns.upload import write_revoked
from segmentation_pipeline.config.schema import Campaign, CsvOptions, PrivacyConfig
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.privacy.addresses import CHANNEL_FIELDS, bare_places, normalised_email, normalised_phone
from segmentation_pipeline.values.mask import masked

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking a list came to: ``people`` on it, how many of them must not be contacted by the step of the gate
    that stops them now, a few of them masked, and the files of the list that are not those that were made."""

    listed: AudienceList
    people: int
    revoked: Mapping[str, int]
    masked: Sequence[str]
    changed: Sequence[str]

    @property
    def intact(self) -> bool:
        return not self.changed

    @property
    def count(self) -> int:
        return sum(self.revoked.values())


def as_campaign(manifest: Mapping[str, Any]) -> Campaign:
    """The campaign a list was made for, as far as it decides who may be contacted; configured or not any more."""
    return Campaign(
        title=str(manifest["campaign"]),
        channel=manifest["channel"],
        purpose=str(manifest["purpose"]),
        audience="true",
        rank_by="rank",
        one_per="person",
        holdout_share=0.0,
    )


def people_in(engine: Engine, folder: Path, each: AudienceList, channel: str) -> ir.Table:
    """The rows of ``audience.csv``: ``customer_id``, ``rank`` and the channel's contact fields, ids as they are known."""
    columns = ["customer_id", "rank", *CHANNEL_FIELDS[channel]]
    read = engine.read_file(folder / each.folder / AUDIENCE, "csv", columns, CsvOptions()).records.select(*columns)
    return read.mutate(customer_id=as_known(read.customer_id), rank=read["rank"].cast("int64"))


def with_addresses_of(accounts: ir.Table, people: ir.Table, channel: str) -> ir.Table:
    """``accounts`` and, as further accounts of the same people, the addresses that stand in the file: a no given at one
    of them counts, whatever address the person has today."""
    fields = {
        "email": {"email": normalised_email(people.email)} if channel == "email" else {},
        "sms": {"phone": normalised_phone(people.phone)} if channel == "sms" else {},
        # Digests cannot be read back: the address of today is judged.
        "ads": {},
        "post": bare_places(people.street, people.postal_code, people.city) if channel == "post" else {},
    }[channel]
    known = {"account": people.customer_id, "customer_id": people.customer_id, "own": ibis.literal(False)} | fields
    types = accounts.schema()
    return accounts.union(people.select(**{name: known.get(name, ibis.null(types[name])) for name in accounts.columns}))


def check_list(
    engine: Engine,
    folder: Path,
    temp: Path,
    each: AudienceList,
    manifest: Mapping[str, Any],
    *,
    people: ir.Table,
    accounts: ir.Table,
    consents: ir.Table | None,
    suppressions: ir.Table | None,
    privacy: PrivacyConfig,
    as_of: date,
    sealed_as: str | None = None,
) -> Checked:
    """Judge ``people`` (``people_in``, stored) again and write ``revoked.csv`` beside the list.

    ``accounts`` have the addresses in the file (``with_addresses_of``).  The file holds ``customer_id`` and ``reason`` of
    those who must not be contacted, no rows when there are none.  ``sealed_as``: the seal the log has of the list.
    """
    validated = select_audience(
        CampaignContext(each.campaign, as_campaign(manifest), privacy, as_of),
        people.select("customer_id", "rank"),
        lambda rule, table: table.customer_id.notnull(),
        Ledgers(accounts=accounts, consents=consents, suppressions=suppressions, past_contacts=None),
    )
    with engine.staged(validated.filter(validated.outcome != Arm.TREATMENT.value)) as stopped:
        steps = engine.rows(stopped.group_by("outcome").agg(people=stopped.count()).order_by("outcome"))
        key = stopped.customer_id
        first = stopped.order_by("customer_id").limit(_SHOWN)
        shown = engine.rows(first.select("customer_id", masked=masked(first.customer_id)).order_by("customer_id"))
        rows = stopped.select(customer_id=harmless(key), reason="reason").order_by("customer_id")
        fresh = temp / f"{each.folder.replace('/', '.')}.{REVOKED}"
        write_csv(engine, rows, fresh)
        fresh.replace(folder / each.folder / REVOKED)
        write_revoked(engine, folder / each.folder, manifest, stopped.select(customer_id=harmless(key)), temp)
    changed = changed_files(folder / each.folder, manifest, sealed_as)
    revoked = {str(row["outcome"]): int(row["people"]) for row in steps}
    return Checked(each, engine.count(people), revoked, [str(row["masked"]) for row in shown], changed)
