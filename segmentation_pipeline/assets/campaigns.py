"""Campaigns: the gate, who was chosen, who stopped where, and the files for the channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.assets.ledgers import (
    consents_by_account,
    every_account,
    ledger_tables,
    suppressions_by_account,
)
from segmentation_pipeline.assets.pictures import panels
from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.campaigns.audiences import campaign_audiences
from segmentation_pipeline.campaigns.export import export_audience, remove_other_audiences
from segmentation_pipeline.campaigns.funnel import campaign_funnel
from segmentation_pipeline.campaigns.gate import select_audience
from segmentation_pipeline.config.schema import Config, PrivacyConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.published import (
    CAMPAIGN_AUDIENCES_COLUMNS,
    CAMPAIGN_FUNNEL_COLUMNS,
    UNMATCHED_OPT_OUTS_COLUMNS,
)
from segmentation_pipeline.identity.canonical import contacts_by_customer, personal_by_customer, rows_by_customer
from segmentation_pipeline.quality.rules import rules_for
from segmentation_pipeline.segmentations.scored import bound_rules
from segmentation_pipeline.session import Made, Session

AUDIENCES_LEFT = "left as they were"
"""The metadata that tells why a run left the day's audiences alone."""


def steps(config: Config) -> list[Step]:
    rules = rules_for(config)
    gate = "".join(f" **{setting}**: {reason}." for setting, reason in _loosened(config.privacy))
    people = [tables.clean("customers"), tables.PII_CUSTOMERS] if config.has("customers") else []
    identity = [tables.CUSTOMER_IDENTITY] if config.has("identities") else []
    contacts = [tables.clean("campaign_contacts")] if config.has("campaign_contacts") else []
    selected_from = [tables.CUSTOMER_PROFILE, *people, *identity, *ledger_tables(config), *contacts]
    return [
        Step(
            table=tables.CAMPAIGN_SELECTIONS,
            group="campaigns",
            description="Every customer a campaign's rule names: chosen, or the one gate that stopped them "
            f"(address, consent, suppression, recent contact, limit, holdout).{gate}",
            compute=_selections,
            deps=selected_from,
            owner="team:crm",
            also=(tables.UNMATCHED_OPT_OUTS,),
        ),
        Step(
            table=tables.CAMPAIGN_AUDIENCES,
            group="campaigns",
            description=f"A customer chosen for a campaign: channel, arm, rank. No personal data.{gate}",
            compute=_audiences,
            deps=[tables.CAMPAIGN_SELECTIONS],
            columns=CAMPAIGN_AUDIENCES_COLUMNS,
            rules=rules.get(tables.CAMPAIGN_AUDIENCES, ()),
            owner="team:crm",
        ),
        Step(
            table=tables.CAMPAIGN_FUNNEL,
            group="campaigns",
            description="A step of a campaign: how many customers came to it and how many stopped, adding up exactly.",
            compute=_funnel,
            deps=[tables.CAMPAIGN_SELECTIONS],
            columns=CAMPAIGN_FUNNEL_COLUMNS,
            rules=rules.get(tables.CAMPAIGN_FUNNEL, ()),
            owner="team:crm",
        ),
        Step(
            table=tables.AUDIENCE_FILES,
            group="campaigns",
            description="A file written for a campaign's channel; the files hold personal data, this list does not.",
            compute=_files,
            deps=[tables.CAMPAIGN_SELECTIONS, *people],
            kinds=frozenset({"csv", "file"}),
            owner="team:crm",
        ),
    ]


def _loosened(privacy: PrivacyConfig) -> list[tuple[str, str | None]]:
    """What the project lets pass that the gate stops elsewhere, with the reason given for it."""
    settings = (
        (privacy.consent == "not_required", "Consent is not required here", privacy.consent_not_required_reason),
        (privacy.nameless_opt_outs == "warn", "Opt-outs that name nobody do not stop", privacy.nameless_opt_outs_reason),
        (privacy.unmatched_opt_outs == "warn", "A ledger that matches nobody does not stop", privacy.unmatched_opt_outs_reason),
    )
    return [(setting, reason) for loosened, setting, reason in settings if loosened]


def _people(session: Session) -> tuple[ir.Table | None, ir.Table | None]:
    if not session.config.has("customers"):
        return None, None
    engine, config = session.engine, session.config
    return personal_by_customer(engine, config), rows_by_customer(engine, config, "customers")


def _selections(session: Session, as_of: date) -> Made:
    engine, config = session.engine, session.config
    bind = bound_rules(config, as_of)
    profile = engine.table(tables.CUSTOMER_PROFILE)
    # Without campaigns the tables still exist, so that what reads them need not ask.
    engine.write(tables.CAMPAIGN_SELECTIONS, engine.memtable({c: [] for c in _SELECTION}, _SELECTION))
    no_rows = {c.name: c.type.ibis for c in UNMATCHED_OPT_OUTS_COLUMNS}
    engine.write(tables.UNMATCHED_OPT_OUTS, engine.memtable({name: [] for name in no_rows}, no_rows))
    if not config.campaigns:  # nobody is contacted, so nothing in the ledgers need stop the run
        return Made(0, numbers={"campaigns": 0, "consent": config.privacy.consent})
    with ExitStack() as held:
        everybody = every_account(session, held)
        consents = consents_by_account(session, everybody, as_of, held)
        suppressions = suppressions_by_account(session, everybody, as_of, held)
        contacts = contacts_by_customer(engine, config) if config.has("campaign_contacts") else None
        for name, campaign in config.campaigns.items():
            selection = select_audience(
                name,
                campaign,
                profile,
                bind,
                accounts=everybody,
                consents=consents,
                suppressions=suppressions,
                past_contacts=contacts,
                privacy=config.privacy,
                as_of=as_of,
            )
            engine.append(tables.CAMPAIGN_SELECTIONS, selection.mutate(campaign=ibis.literal(name)))
    rows = engine.count(engine.table(tables.CAMPAIGN_SELECTIONS))
    unmatched = engine.table(tables.UNMATCHED_OPT_OUTS)
    lost = engine.rows(unmatched.group_by("source", "reason").agg(rows=unmatched.count()).order_by("source", "reason"))
    numbers: dict[str, int | float | str] = {"campaigns": len(config.campaigns), "consent": config.privacy.consent}
    texts = {}
    if lost:
        numbers["opt-outs that match nobody"] = sum(int(str(row["rows"])) for row in lost)
        lines = "\n".join(f"| {row['source']} | {row['reason']} | {row['rows']} |" for row in lost)
        texts["opt-outs that match nobody"] = f"| source | reason | rows |\n|---|---|---|\n{lines}"
    return Made(rows, numbers=numbers, texts=texts)


_SELECTION = {
    "campaign": "string",
    "customer_id": "string",
    "outcome": "string",
    "rank": "int64",
    "expected_value": "float64",
    "reason": "string",
}


_AUDIENCE_FILE = {"as_of": "date", "campaign": "string", "file": "string", "records": "int64", "sha256": "string"}


def _selection(session: Session, campaign: str) -> ir.Table:
    stored = session.engine.table(tables.CAMPAIGN_SELECTIONS)
    return stored.filter(stored.campaign == campaign)


def _left(session: Session, table: str, as_of: date, schema: Mapping[str, object]) -> Made:
    """The day's rows stay; the table exists, so that what reads it need not ask."""
    engine = session.engine
    if not engine.has(table):
        engine.write(table, engine.memtable({name: [] for name in schema}, schema))
    stored = engine.table(table)
    return Made(engine.count(stored.filter(stored.as_of == as_of)), numbers={AUDIENCES_LEFT: session.audiences_left or ""})


def _schema(columns: Sequence[Column]) -> dict[str, object]:
    return {column.name: column.type.ibis for column in columns}


def _audiences(session: Session, as_of: date) -> Made:
    engine = session.engine
    if session.audiences_left is not None:
        return _left(session, tables.CAMPAIGN_AUDIENCES, as_of, _schema(CAMPAIGN_AUDIENCES_COLUMNS))
    chosen = [campaign_audiences(_selection(session, name), name, c, as_of) for name, c in session.config.campaigns.items()]
    names = [column.name for column in CAMPAIGN_AUDIENCES_COLUMNS]
    empty = engine.memtable({n: [] for n in names}, {c.name: c.type.ibis for c in CAMPAIGN_AUDIENCES_COLUMNS})
    everyone = ibis.union(empty, *(table.select(*names) for table in chosen)) if chosen else empty
    engine.replace_slice(tables.CAMPAIGN_AUDIENCES, everyone, {"as_of": as_of})
    stored = engine.table(tables.CAMPAIGN_AUDIENCES)
    today = stored.filter(stored.as_of == as_of)
    sizes = engine.rows(today.group_by("campaign", "arm").agg(customers=today.count()).order_by("campaign", "arm"))
    numbers: dict[str, int | float | str] = {f"{r['campaign']}: {r['arm']}": int(str(r["customers"])) for r in sizes}
    return Made(engine.count(today), numbers=numbers)


def _funnel(session: Session, as_of: date) -> Made:
    engine, config = session.engine, session.config
    if session.audiences_left is not None:
        return _left(session, tables.CAMPAIGN_FUNNEL, as_of, _schema(CAMPAIGN_FUNNEL_COLUMNS))
    names = [column.name for column in CAMPAIGN_FUNNEL_COLUMNS]
    empty = engine.memtable({n: [] for n in names}, {c.name: c.type.ibis for c in CAMPAIGN_FUNNEL_COLUMNS})
    population = engine.count(engine.table(tables.CUSTOMER_PROFILE))
    funnels = [
        campaign_funnel(
            _selection(session, name),
            name,
            campaign,
            population=population,
            privacy=config.privacy,
            as_of=as_of,
            has_ledger=config.has("consents"),
        )
        for name, campaign in config.campaigns.items()
    ]
    everything = ibis.union(empty, *(funnel.select(*names) for funnel in funnels)) if funnels else empty
    engine.replace_slice(tables.CAMPAIGN_FUNNEL, everything, {"as_of": as_of})
    stored = engine.table(tables.CAMPAIGN_FUNNEL)
    rows = engine.rows(stored.filter(stored.as_of == as_of).order_by("campaign", "step_number"))
    groups = [
        (name, [(str(r["step"]), float(str(r["remained"]))) for r in rows if r["campaign"] == name]) for name in config.campaigns
    ]
    return Made(len(rows), picture=panels(groups) if groups else None)


def _files(session: Session, as_of: date) -> Made:
    engine, config = session.engine, session.config
    if session.audiences_left is not None:
        return _left(session, tables.AUDIENCE_FILES, as_of, _AUDIENCE_FILE)
    pii, customers = _people(session)
    folder = session.settings.audiences
    lineage = [step.table for step in steps(config)[:1]] + list(steps(config)[0].deps)
    population = engine.count(engine.table(tables.CUSTOMER_PROFILE))
    listed: list[dict[str, object]] = []
    for name, campaign in config.campaigns.items():
        manifest = export_audience(
            engine,
            _selection(session, name),
            campaign_name=name,
            campaign=campaign,
            population=population,
            pii=pii,
            customers=customers,
            privacy=config.privacy,
            has_ledger=config.has("consents"),
            as_of=as_of,
            folder=folder,
            lineage=lineage,
        )
        for file, facts in manifest["files"].items():  # type: ignore[attr-defined]
            listed.append({"as_of": as_of, "campaign": name, "file": file, "records": facts["rows"], "sha256": facts["sha256"]})
    (folder / as_of.isoformat()).mkdir(parents=True, exist_ok=True)
    remove_other_audiences(folder, as_of, config.campaigns)
    engine.replace_slice(
        tables.AUDIENCE_FILES,
        engine.memtable({k: [row[k] for row in listed] for k in _AUDIENCE_FILE}, _AUDIENCE_FILE),
        {"as_of": as_of},
    )
    lines = "\n".join(f"| {r['campaign']} | {r['file']} | {r['records']} | {str(r['sha256'])[:12]} |" for r in listed)
    return Made(
        rows=len(listed),
        numbers={"folder": str((folder / as_of.isoformat()).relative_to(session.settings.root))},
        texts={"files": f"| campaign | file | records | sha256 |\n|---|---|---|---|\n{lines}"},
    )
