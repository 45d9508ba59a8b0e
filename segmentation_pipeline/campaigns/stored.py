"""The lists of other days as the warehouse and the files remember them: the record the next list is made from.

The rows of ``campaign_audiences`` are the record.  Where they do not belong to the files of a list that is on disk (a run
was killed between the two, or the warehouse was made anew), whoever stands in the file counts as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.csv_file import as_known
from segmentation_pipeline.campaigns.lists import AUDIENCE, MANIFEST, AudienceList, read_manifest
from segmentation_pipeline.config.schema import Config, CsvOptions
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.engine.base import Engine

AUDIENCE_FILE = {
    "as_of": "date",
    "campaign": "string",
    "version": "int64",
    "file": "string",
    "records": "int64",
    "sha256": "string",
}
"""A row of ``campaigns.audience_files``."""
_LIST = {"as_of": "date", "campaign": "string", "version": "int64"}
_PERSON = ("as_of", "campaign_key", "kind", "customer_id", "channel", "arm", "stratum")
_ADDED_LATER = {
    tables.CAMPAIGN_AUDIENCES: ("version", "campaign_key", "kind", "stratum"),
    tables.CAMPAIGN_FUNNEL: ("version",),
    tables.AUDIENCE_FILES: ("version",),
}


def bring_up_to_date(engine: Engine, name: str) -> None:
    """Give a table of lists that an earlier version of the program made the columns it lacks: first versions of messages."""
    if not engine.has(name):
        return
    stored = engine.table(name)
    if lacks := [column for column in _ADDED_LATER[name] if column not in stored.columns]:
        values = {
            "version": ibis.literal(1, "int64"),
            "kind": ibis.literal("message"),
            "campaign_key": stored.campaign,
            "stratum": ibis.null("string"),
        }
        engine.write(name, stored.mutate(**{column: values[column] for column in lacks}))


def lists_in(engine: Engine, days: Collection[date]) -> set[AudienceList]:
    """The lists of ``days`` in ``campaign_audiences``."""
    if not engine.has(tables.CAMPAIGN_AUDIENCES):
        return set()
    bring_up_to_date(engine, tables.CAMPAIGN_AUDIENCES)
    stored = engine.table(tables.CAMPAIGN_AUDIENCES)
    found = engine.rows(stored.select(*_LIST).distinct())
    lists = {AudienceList(cast(date, r["as_of"]), str(r["campaign"]), int(r["version"])) for r in found}
    return {each for each in lists if each.as_of in days}


def which_count(
    config: Config, lists: Collection[AudienceList], as_of: date, newest: date, handed_over: Collection[AudienceList]
) -> list[AudienceList]:
    """Of ``lists``, those a run of ``as_of`` takes for sent: of other days, handed over or (unless the campaign counts only
    what was delivered) frozen because a later day than theirs, up to ``newest``, has run.  Lists so old that no
    campaign asks for them are left out, and of a standing list all but the last."""
    keys = config.campaign_keys
    by_key = {config.campaign_key(name): campaign for name, campaign in config.campaigns.items()}
    first = _first_day_asked_for(config, as_of)
    last_standing: dict[str, date] = {}
    found = []
    for each in sorted(lists):
        key = keys.get(each.campaign, each.campaign)
        campaign = by_key.get(key)
        only_delivered = campaign is not None and campaign.counts_as_contacted == "delivered"
        if each.as_of == as_of or not (each in handed_over or (not only_delivered and each.as_of < newest)):
            continue
        found.append((each, key, campaign is not None and campaign.kind == "standing"))
        if each.as_of < as_of:
            last_standing[key] = each.as_of
    return [
        each
        for each, key, standing in found
        if (standing and each.as_of == last_standing.get(key)) or (not standing and each.as_of >= first)
    ]


def which_are_measured(
    config: Config,
    lists: Collection[AudienceList],
    made: Collection[AudienceList],
    as_of: date,
    newest: date,
    handed_over: Collection[AudienceList],
) -> list[AudienceList]:
    """Of ``lists``, those whose people a run of ``as_of`` takes for assigned: up to that day, handed over or (unless the campaign
    counts only what was delivered) frozen, and those it ``made``, however long ago the others were."""
    keys = config.campaign_keys
    only_delivered = {
        config.campaign_key(name) for name, each in config.campaigns.items() if each.counts_as_contacted == "delivered"
    }
    return [
        each
        for each in sorted({*lists, *made})
        if each.as_of <= as_of
        and (
            each in made
            or each in handed_over
            or (keys.get(each.campaign, each.campaign) not in only_delivered and each.as_of < newest)
        )
    ]


def _first_day_asked_for(config: Config, as_of: date) -> date:
    """The first day whose contacts any campaign still minds."""
    messages = [campaign for campaign in config.campaigns.values() if campaign.kind == "message"]
    if any(campaign.repeat_after_days is None for campaign in messages):
        return date.min
    reach = max((max(campaign.quiet_days, campaign.repeat_after_days or 0) for campaign in messages), default=0)
    steps = [campaign.depends_on for campaign in config.campaigns.values() if campaign.depends_on is not None]
    reach = max([reach, *(cap.days for cap in config.decision.caps), *(step.days_after + step.within_days for step in steps)])
    return date.fromordinal(max(as_of.toordinal() - reach, 1))


def people_of(engine: Engine, folder: Path, lists: Sequence[AudienceList], held: ExitStack) -> ir.Table | None:
    """Who was on ``lists``, a row per person and list: ``as_of`` (DATE), ``campaign_key``, ``kind``, ``customer_id``,
    ``channel``, ``arm``, ``stratum``; None without lists.  What had to be read from files is kept until ``held`` closes."""
    if not lists:
        return None
    parts = []
    if engine.has(tables.CAMPAIGN_AUDIENCES):
        parts.append(rows_of(engine, lists).select(*_PERSON))
    hashes = _stored_hashes(engine)
    for each in lists:
        if not (folder / each.folder / MANIFEST).is_file():
            continue
        manifest = read_manifest(folder, each)
        if manifest["content_sha256"] != hashes.get(each):
            parts.append(held.enter_context(engine.staged(_in_the_file(engine, folder, each, manifest))))
    return ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else None


def rows_of(engine: Engine, lists: Sequence[AudienceList]) -> ir.Table:
    """The rows of ``campaign_audiences`` of ``lists``."""
    columns: dict[str, list[object]] = {
        "as_of": [each.as_of for each in lists],
        "campaign": [each.campaign for each in lists],
        "version": [each.version for each in lists],
    }
    return engine.table(tables.CAMPAIGN_AUDIENCES).semi_join(engine.memtable(columns, _LIST), list(_LIST))


def _stored_hashes(engine: Engine) -> dict[AudienceList, str]:
    if not engine.has(tables.AUDIENCE_FILES):
        return {}
    bring_up_to_date(engine, tables.AUDIENCE_FILES)
    files = engine.table(tables.AUDIENCE_FILES)
    rows = engine.rows(files.filter(files.file == AUDIENCE))
    return {AudienceList(cast(date, r["as_of"]), str(r["campaign"]), int(r["version"])): str(r["sha256"]) for r in rows}


def _in_the_file(engine: Engine, folder: Path, each: AudienceList, manifest: Mapping[str, object]) -> ir.Table:
    """The people in ``audience.csv``, all of them to be contacted; ids without the apostrophe a spreadsheet needs."""
    named = ["arm"] if "arm" in cast(Sequence[str], manifest.get("columns", ())) else []
    read = engine.read_file(folder / each.folder / AUDIENCE, "csv", ["customer_id", *named], CsvOptions()).records
    return read.select(
        as_of=ibis.literal(each.as_of),
        campaign_key=ibis.literal(str(manifest.get("key", each.campaign))),
        kind=ibis.literal(str(manifest.get("kind", "message"))),
        customer_id=as_known(read.customer_id),
        channel=ibis.literal(str(manifest["channel"])),
        arm=read.arm if named else ibis.literal(Arm.TREATMENT.value),
        stratum=ibis.null("string"),
    )
