"""Small worlds for triggers: rows a reader checks by eye, in the shape of the clean tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import TypeAdapter

from segmentation_pipeline.campaigns.triggers.catalog import campaigns_model
from segmentation_pipeline.campaigns.triggers.trigger import Inputs, Trigger
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline_tests.clean.project import config as project

CONFIG = project(
    {"orders": {}, "returns": {}, "customers": {}, "loyalty": {}, "web_sessions": {}, "order_items": {}, "products": {}}
)
"""Every source a trigger may ask for; days are those of Berlin only where a test says so."""
ENTRY = {"title": "Test", "channel": "email", "audience": "true", "repeat": "never"}


def trigger(**keys: object) -> Trigger:
    """A trigger as ``campaigns.yaml`` gives it."""
    read: Any = TypeAdapter(campaigns_model()).validate_python({"campaigns": {"test": ENTRY | {"trigger": keys}}})
    found = read.campaigns["test"].trigger
    assert isinstance(found, Trigger)
    return found


def happened(engine: Engine, what: Trigger, as_of: date, config: Config = CONFIG) -> dict[str, date]:
    """The last day by customer, read from no table but those the trigger declares; every day is one that was asked for."""
    assert what.why_off(config) is None
    first, last = what.event_days(as_of)

    def declared(name: str):  # type: ignore[no-untyped-def]
        assert name in (tables.CUSTOMER_PROFILE, *what.reads(config)), f"{name} is not declared"
        return engine.table(name)

    found = what.happened(Inputs(declared, engine.rows, config, as_of, first, last))
    assert {name: str(kind).lstrip("!") for name, kind in found.schema().items()} == {
        "customer_id": "string",
        "trigger_on": "date",
    }
    rows = engine.rows(found)
    assert all(first <= row["trigger_on"] <= last for row in rows)
    days: dict[str, date] = {}
    for row in rows:
        days[row["customer_id"]] = max(row["trigger_on"], days.get(row["customer_id"], date.min))
    return days


def write(engine: Engine, source: str, *rows: dict[str, object]) -> None:
    """``clean.<source>`` of rows given by the columns that matter; the day of the event is that of its instant in UTC."""
    contract = SOURCES[source]
    schema = {column.name: column.type.ibis for column in contract.columns} | {"event_date": "date"}
    values: dict[str, list[object]] = {name: [row.get(name) for row in rows] for name in schema}
    if contract.event_time:
        instants = [row.get(contract.event_time) for row in rows]
        values["event_date"] = [
            row.get("event_date") or (at.date() if isinstance(at, datetime) else None)
            for row, at in zip(rows, instants, strict=True)
        ]
    engine.write(tables.clean(source), engine.memtable(values, schema))


def write_profile(engine: Engine, rows: Sequence[dict[str, object]], **schema: str) -> None:
    columns = {"customer_id": "string", **schema}
    engine.write(tables.CUSTOMER_PROFILE, engine.memtable({name: [row.get(name) for row in rows] for name in columns}, columns))


def at(day: date, hour: int = 12, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute))


def days_from(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
