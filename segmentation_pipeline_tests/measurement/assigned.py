"""People assigned to campaigns: lists and a contact log as the pipeline has them, and what is measured of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from segmentation_pipeline.config.schema import Campaign, Config, Experiment
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.campaign_tables import CAMPAIGN_AUDIENCES_COLUMNS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.measurement.assignments import ASSIGNMENT, assignments, of_persons
from segmentation_pipeline.measurement.campaign_results import CAMPAIGN_RESULTS
from segmentation_pipeline.measurement.campaign_starts import START, new_starts
from segmentation_pipeline.measurement.measurement import Inputs
from segmentation_pipeline_tests.clean.project import config
from segmentation_pipeline_tests.measurement.shop import measured

Listed = tuple[date, str, str, str]
"""The day of the list, the campaign, who, and the arm."""
Contact = tuple[str, str, date, str] | tuple[str, str, date, str, Mapping[str, object]]
"""The campaign, who, when, the arm, and the outcomes the log reports."""
_FUNNEL = {"as_of": "date", "campaign": "string", "version": "int64", "step": "string", "left_out": "int64", "remained": "int64"}
_LOG = {
    "campaign": "string",
    "customer_id": "string",
    "event_date": "date",
    "arm": "string",
    "visited": "boolean",
    "converted": "boolean",
    "outcome_amount": "decimal(18, 2)",
}


def project(
    sources: Iterable[str] = ("orders", "returns"),
    campaigns: Mapping[str, Mapping[str, Any]] | None = None,
    experiments: Mapping[str, Mapping[str, Any]] | None = None,
) -> Config:
    """A configuration of campaigns and experiments with the keys given."""
    basic = {"title": "A campaign", "channel": "email", "audience": "frequency >= 1"}
    return config({name: {} for name in sources}).model_copy(
        update={
            "campaigns": {name: Campaign.model_validate(basic | more) for name, more in (campaigns or {}).items()},
            "experiments": {
                name: Experiment.model_validate({"title": "A test"} | more) for name, more in (experiments or {}).items()
            },
        }
    )


def write_lists(engine: Engine, listed: Sequence[Listed], lost: Mapping[tuple[date, str], int] | None = None) -> None:
    """``campaign_audiences``, and the funnel of each list, which counted as many people more as were ``lost`` since."""
    schema = {column.name: column.type.ibis for column in CAMPAIGN_AUDIENCES_COLUMNS}
    values: dict[str, list[object]] = {name: [None] * len(listed) for name in schema} | {
        "as_of": [day for day, *_ in listed],
        "campaign": [name for _, name, *_ in listed],
        "campaign_key": [name for _, name, *_ in listed],
        "kind": ["message"] * len(listed),
        "version": [1] * len(listed),
        "customer_id": [who for *_, who, _ in listed],
        "channel": ["email"] * len(listed),
        "arm": [arm for *_, arm in listed],
    }
    engine.write(tables.CAMPAIGN_AUDIENCES, engine.memtable(values, schema))
    rows = []
    for day, name in sorted({(day, name) for day, name, *_ in listed}):
        kept_out = sum(1 for row in listed if row[:2] == (day, name) and row[3] == "holdout")
        sent = sum(1 for row in listed if row[:2] == (day, name)) - kept_out + (lost or {}).get((day, name), 0)
        rows += [(day, name, 1, "holdout", kept_out, sent), (day, name, 1, "exported", 0, sent)]
    columns = {name: [row[place] for row in rows] for place, name in enumerate(_FUNNEL)}
    engine.write(tables.CAMPAIGN_FUNNEL, engine.memtable(columns, _FUNNEL))


def write_log(engine: Engine, contacts: Sequence[Contact]) -> None:
    """``clean.campaign_contacts``."""
    told = [(*contact[:4], contact[4] if len(contact) == 5 else {}) for contact in contacts]
    columns = {name: [row[place] for row in told] for place, name in enumerate(list(_LOG)[:4])}
    columns |= {name: [row[4].get(name) for row in told] for name in list(_LOG)[4:]}
    engine.write(tables.clean("campaign_contacts"), engine.memtable(columns, _LOG))


def write_costs(engine: Engine, spent: Sequence[tuple[str, date, str]]) -> None:
    """``clean.marketing_costs``: for what, when, how much."""
    columns = {
        "campaign": [name for name, *_ in spent],
        "event_date": [day for _, day, _ in spent],
        "amount": [Decimal(amount) for *_, amount in spent],
    }
    schema = {"campaign": "string", "event_date": "date", "amount": "decimal(18, 2)"}
    engine.write(tables.clean("marketing_costs"), engine.memtable(columns, schema))


def assign(engine: Engine, settings: Config) -> None:
    """Who was assigned, as the step makes it."""
    lists = engine.table(tables.CAMPAIGN_AUDIENCES) if engine.has(tables.CAMPAIGN_AUDIENCES) else None
    log = engine.table(tables.clean("campaign_contacts")) if settings.has("campaign_contacts") else None
    found = assignments(lists, log, settings)
    assert found is not None
    identity = engine.table(tables.CUSTOMER_IDENTITY) if settings.has("identities") else None
    rows = of_persons(found, identity, engine.table(tables.EXCLUDED_CUSTOMERS))
    engine.write(tables.CAMPAIGN_ASSIGNMENTS, rows.select(*ASSIGNMENT))


def write_down(engine: Engine, settings: Config, as_of: date, stays: Iterable[str] = ()) -> None:
    """What is said of campaigns on a day, as the step keeps it."""
    stored = engine.rows(engine.table(tables.CAMPAIGN_STARTS)) if engine.has(tables.CAMPAIGN_STARTS) else []
    rows = new_starts(Inputs(engine.table, settings, as_of, engine), stored, set(stays))
    fresh = engine.memtable({name: [row[name] for row in rows] for name in START}, START)
    engine.replace_slice(tables.CAMPAIGN_STARTS, fresh, {"as_of": as_of})


def results(engine: Engine, settings: Config, as_of: date) -> list[dict[str, Any]]:
    """The rows of ``campaign_results`` of a day on which nothing was kept before; people, lists and log are written already."""
    if not engine.has(tables.CAMPAIGN_FUNNEL):
        write_lists(engine, [])
    assign(engine, settings)
    write_down(engine, settings, as_of)
    return measured(engine, CAMPAIGN_RESULTS, as_of, settings)


def one(rows: Iterable[Mapping[str, Any]], **wanted: object) -> Mapping[str, Any]:
    """The one row that has these values."""
    [found] = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return found
