"""The lists of a day: rows, funnel and files of the campaigns a run makes, beside those that stay as they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.assets.arms import asks_for_households
from segmentation_pipeline.assets.due_campaigns import due_tables
from segmentation_pipeline.assets.holdout_guards import draws_of
from segmentation_pipeline.assets.ledgers import LEDGERS
from segmentation_pipeline.assets.measured_response import with_responses
from segmentation_pipeline.assets.pictures import panels
from segmentation_pipeline.campaigns.audience_people import ContactData
from segmentation_pipeline.campaigns.audiences import campaign_audiences
from segmentation_pipeline.campaigns.content import content_columns
from segmentation_pipeline.campaigns.context import CampaignContext
from segmentation_pipeline.campaigns.detectable import Drawn
from segmentation_pipeline.campaigns.export import Provenance, export_audience, remove_other_audiences
from segmentation_pipeline.campaigns.funnel import campaign_funnel
from segmentation_pipeline.campaigns.stored import AUDIENCE_FILE, bring_up_to_date
from segmentation_pipeline.config.schema import AudienceProfile, Campaign, Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.campaign_tables import CAMPAIGN_AUDIENCES_COLUMNS, CAMPAIGN_FUNNEL_COLUMNS
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.labels import FunnelStep
from segmentation_pipeline.engine.program import code_version
from segmentation_pipeline.identity.reachable import reachable_by_customer
from segmentation_pipeline.models.catalog import unpublished_columns
from segmentation_pipeline.models.registry import registered_on
from segmentation_pipeline.run_context import RunContext, StepResult
from segmentation_pipeline.segmentations.kinds import kinds_of
from segmentation_pipeline.segmentations.unpublished import CampaignOfDay, campaign_of_day, off_segmentations

AUDIENCES_LEFT = "left as they were"
"""The metadata that tells why a run left the day's audiences alone."""


def _people(run: RunContext) -> tuple[ir.Table | None, ir.Table | None]:
    return reachable_by_customer(run.engine, run.config)


def selected_from(config: Config) -> list[str]:
    """The tables a selection is made of, as manifests name them."""
    people = [tables.clean("customers"), tables.PII_CUSTOMERS] if config.has("customers") else []
    identity = [tables.CUSTOMER_IDENTITY] if config.has("identities") else []
    identity += [tables.HOUSEHOLDS] if asks_for_households(config) else []
    ledgers = [table for name in LEDGERS if config.has(name) for table in (tables.clean(name), tables.pii(name))]
    contacts = [tables.clean("campaign_contacts")] if config.has("campaign_contacts") else []
    read = [tables.CUSTOMER_PROFILE, *people, *identity, *ledgers, *contacts]
    return list(dict.fromkeys([*read, *due_tables(config)]))


def campaigns_of_day(run: RunContext) -> dict[str, CampaignOfDay]:
    """The campaigns as they are run on the day, by name."""
    config, columns = run.config, unpublished_columns(run.config, registered_on(run.engine, run.as_of))
    off = off_segmentations(kinds_of(config.segmentations), columns)
    of_day = {name: campaign_of_day(campaign, columns, off, run.as_of) for name, campaign in config.campaigns.items()}
    return with_responses(run, of_day)


def _selection(run: RunContext, campaign: str) -> ir.Table:
    stored = run.engine.table(tables.CAMPAIGN_SELECTIONS)
    return stored.filter(stored.campaign == campaign)


def schema_of(columns: Sequence[Column]) -> dict[str, object]:
    """The engine types of contracted columns, by name."""
    return {column.name: column.type.ibis for column in columns}


def _replace(run: RunContext, table: str, fresh: Sequence[ir.Table], schema: Mapping[str, object]) -> ir.Table:
    """Write the rows of the lists that are made beside those of the lists that stay; the day's rows.

    On a day whose lists are left alone all its rows stay.
    """
    engine, makes, as_of = run.engine, run.audiences_made, run.as_of
    if not engine.has(table):
        engine.write(table, engine.memtable({name: [] for name in schema}, schema))
    bring_up_to_date(engine, table)
    stored = engine.table(table)
    today = stored.filter(stored.as_of == as_of)
    if makes.versions or run.audiences_left is None:
        parts = [part.select(*schema) for part in fresh]
        if run.audiences_left is not None:
            # Without what a run that was killed left of a version that is made now.
            made = [(today.campaign == name) & (today.version == version) for name, version in makes.versions.items()]
            parts.append(today.filter(~ibis.or_(*made)).select(*schema))
        elif makes.kept:
            stays = ibis.or_(*((today.campaign == each.campaign) & (today.version == each.version) for each in makes.kept))
            parts.append(today.filter(stays).select(*schema))
        nothing = engine.memtable({name: [] for name in schema}, schema)
        engine.replace_slice(table, ibis.union(nothing, *parts) if parts else nothing, {"as_of": as_of})
        stored = engine.table(table)
    return stored.filter(stored.as_of == as_of)


def _numbers(run: RunContext) -> dict[str, int | float | str]:
    """What a run that left lists alone tells of it."""
    makes = run.audiences_made
    told: dict[str, int | float | str] = {}
    if run.audiences_left is not None and not makes.versions:
        told[AUDIENCES_LEFT] = run.audiences_left
    if kept := sorted(str(each) for each in makes.kept if run.audiences_left is None):
        told["frozen"] = ", ".join(kept)
    if new := [f"{name}, version {version}" for name, version in makes.versions.items() if version > 1]:
        told["new versions"] = ", ".join(new)
    return told


def audience_rows(run: RunContext) -> StepResult:
    """``campaigns.campaign_audiences`` of the day."""
    engine, campaigns = run.engine, run.config.campaigns
    chosen = [
        campaign_audiences(_selection(run, name), CampaignContext(name, campaigns[name], run.config.privacy, run.as_of, version))
        for name, version in run.audiences_made.versions.items()
    ]
    today = _replace(run, tables.CAMPAIGN_AUDIENCES, chosen, schema_of(CAMPAIGN_AUDIENCES_COLUMNS))
    by_arm = today.group_by("campaign", "version", "arm").agg(customers=today.count())
    numbers = _numbers(run)
    for row in engine.rows(by_arm.order_by("campaign", "version", "arm")):
        version = f", version {row['version']}" if row["version"] != 1 else ""
        numbers[f"{row['campaign']}{version}: {row['arm']}"] = int(row["customers"])
    return StepResult(engine.count(today), numbers=numbers)


def funnel_rows(run: RunContext) -> StepResult:
    """``campaigns.campaign_funnel`` of the day."""
    engine, config = run.engine, run.config
    population, of_day = engine.count(engine.table(tables.CUSTOMER_PROFILE)), campaigns_of_day(run)
    drawn = draws_of(run)
    funnels = [
        campaign_funnel(
            _selection(run, name),
            CampaignContext(name, of_day[name].campaign, config.privacy, run.as_of, version, config.decision),
            population=population,
            has_ledger=config.has("consents"),
            notes={
                **of_day[name].notes,
                **_can_show(config.campaigns[name], drawn[name]),
                **_of_decision(run, name, of_day[name].notes),
            },
        )
        for name, version in run.audiences_made.versions.items()
    ]
    today = _replace(run, tables.CAMPAIGN_FUNNEL, funnels, schema_of(CAMPAIGN_FUNNEL_COLUMNS))
    rows = engine.rows(today.order_by("campaign", "version", "step_number"))
    groups = [
        (name, [(str(r["step"]), float(r["remained"])) for r in rows if (r["campaign"], r["version"]) == (name, version)])
        for name, version in run.audiences_made.versions.items()
    ]
    numbers = _numbers(run)
    numbers |= {f"{name}: can show": each.told for name, each in drawn.items() if each.arms}
    return StepResult(len(rows), numbers=numbers, picture=panels(groups) if groups else None)


def _can_show(campaign: Campaign, drawn: Drawn) -> dict[FunnelStep, str]:
    """What is to be said of a holdout before anything is sent."""
    return {} if campaign.holdout == "none" or not drawn.arms else {FunnelStep.HOLDOUT: drawn.told}


def _of_decision(run: RunContext, name: str, said: Mapping[FunnelStep, str]) -> dict[FunnelStep, str]:
    """To whom a campaign lost how many people, and what one more unit of its money would earn."""
    selection = _selection(run, name)
    lost = selection.filter(selection.lost_to.notnull())
    rows = run.engine.rows(lost.group_by("lost_to").agg(people=lost.count()).order_by(ibis.desc("people"), "lost_to"))
    notes: dict[FunnelStep, list[str]] = {step: [said[step]] for step in (FunnelStep.LOST_TO, FunnelStep.BUDGET) if step in said}
    if rows:
        to = ", ".join(f"{row['lost_to']} {row['people']}" for row in rows)
        notes.setdefault(FunnelStep.LOST_TO, []).append(f"to {to}")
    spending = run.engine.table(tables.CAMPAIGN_SPENDING)
    for row in run.engine.rows(spending.filter((spending.campaign == name) | spending.campaign.isnull()).order_by("campaign")):
        if row["price"] is not None:
            of = "this campaign" if row["campaign"] else "all campaigns"
            notes.setdefault(FunnelStep.BUDGET, []).append(f"one more of the money of {of} would earn {float(row['price']):.2f}")
    return {step: "; ".join(told) for step, told in notes.items()}


def _content(run: RunContext, name: str) -> ir.Table | None:
    campaign = run.config.campaigns[name]
    if not campaign.content:
        return None
    return content_columns(campaign, _selection(run, name), run.engine.table(tables.CUSTOMER_PROFILE))


def _profile(config: Config, name: str) -> AudienceProfile | None:
    profile = config.campaigns[name].profile
    return None if profile is None else config.audience_profiles[profile]


def audience_files(run: RunContext) -> StepResult:
    """The files of the day's lists and ``campaigns.audience_files``, which lists them."""
    engine, config, makes, as_of = run.engine, run.config, run.audiences_made, run.as_of
    pii, customers = _people(run)
    folder, keys = run.settings.audiences, config.campaign_keys
    lineage = [tables.CAMPAIGN_SELECTIONS, *selected_from(config)]
    population, has_ledger = engine.count(engine.table(tables.CUSTOMER_PROFILE)), config.has("consents")
    listed: list[dict[str, object]] = []
    warned: list[str] = []
    program = code_version()
    for name, version in makes.versions.items():
        manifest = export_audience(
            engine,
            CampaignContext(name, config.campaigns[name], config.privacy, as_of, version),
            _selection(run, name),
            ContactData(pii, customers, _content(run, name)),
            Provenance(population, has_ledger, lineage, run.publication_id, _profile(config, name), program),
            folder=folder,
            labels=[label for label, key in keys.items() if key == config.campaign_key(name)],
            log=run.audience_log,
        )
        facts: Mapping[str, Mapping[str, object]] = manifest["files"]  # type: ignore[assignment]
        upload: Mapping[str, Sequence[str]] = manifest.get("upload") or {}  # type: ignore[assignment]
        warned += [f"- {name}: {warning}" for warning in upload.get("warnings", ())]
        listed += [
            {
                "as_of": as_of,
                "campaign": name,
                "version": version,
                "file": file,
                "records": fact["rows"],
                "sha256": fact["sha256"],
            }
            for file, fact in facts.items()
        ]
    if run.audiences_left is None:
        (folder / as_of.isoformat()).mkdir(parents=True, exist_ok=True, mode=0o700)
        stay = {*makes.versions, *(each.campaign for each in makes.kept)}
        remove_other_audiences(folder, as_of, stay, run.audience_log)
    fresh = engine.memtable({name: [row[name] for row in listed] for name in AUDIENCE_FILE}, AUDIENCE_FILE)
    today = _replace(run, tables.AUDIENCE_FILES, [fresh], AUDIENCE_FILE)
    shown = [{name: row[name] for name in ("campaign", "file", "records", "sha256")} for row in listed]
    where: dict[str, int | float | str] = {"folder": str((folder / as_of.isoformat()).relative_to(run.settings.root))}
    return StepResult(
        rows=engine.count(today),
        numbers=where | _numbers(run),
        tables={"files": shown},
        texts={"before uploading": "\n".join(warned)} if warned else {},
    )
