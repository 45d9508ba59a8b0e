"""Everything held about one person, for the person: rows with file and row, purposes, recipients, scores with their logic.

What an access request asks for (GDPR articles 15 and 20): all of it, in a form a program can read.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.duckdb_erase import text_columns
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.explain import explain
from segmentation_pipeline.ingest.erased_rows import ErasedRows
from segmentation_pipeline.models.catalog import customer_columns
from segmentation_pipeline.privacy.addresses import CHANNEL_FIELDS
from segmentation_pipeline.privacy.tombstones import Sought, Tombstones
from segmentation_pipeline.rights.audience_files import is_named
from segmentation_pipeline.rights.person import Asked, find_people, known_by_id, readings
from segmentation_pipeline.rights.records import destinations, purposes, retention_in_words
from segmentation_pipeline.rights.warehouse import is_key
from segmentation_pipeline.settings import Settings
from segmentation_pipeline.values.states import ANONYMOUS, CLEAN, FUTURE_DATED, REJECTED, SUPERSEDED

_WHENEVER = datetime(9999, 12, 31)
_STATES = {
    CLEAN: "counts",
    ANONYMOUS: "counts and belongs to nobody",
    FUTURE_DATED: "happens after the day of the run",
    SUPERSEDED: "replaced by a later row",
    REJECTED: "refused",
}


def subject(engine: DuckDBEngine, settings: Settings, config: Config, customer: str) -> dict[str, object]:
    """All that is held about the person with this ``customer_id``, under every account of theirs.

    Raises ``UnknownPerson``.
    """
    if not engine.has(tables.FILES):
        raise UserError("nothing is held yet: no run has come through. Run 'segmentation run' first.")
    asked = known_by_id(engine, settings, config, Asked(customers=[customer]))
    people = find_people(engine, config, asked, _WHENEVER)
    stones = Sought.of(_WHENEVER, people.values)
    return {
        "customer_id": customer,
        "accounts": list(people.accounts),
        "sources": _rows_received(engine, config, stones),
        "made_of_them": _rows_made(engine, people.accounts),
        "what_columns_mean": _meanings(config),
        "decisions": _decisions(engine, config, people.accounts),
        "models": _models(engine),
        "purposes": purposes(config),
        "recipients": {"audience_files": _lists(settings, config, stones), "destinations": destinations(config)},
        "kept_for": {name: retention_in_words(config, name) for name in config.sources},
        "addresses_shared_with_other_customers": people.shared,
    }


def _rows_received(engine: Engine, config: Config, stones: Tombstones) -> dict[str, list[dict[str, object]]]:
    """By source, every row as received: its file and row, what became of it, and its values; damaged records too."""
    found: dict[str, list[dict[str, object]]] = {}
    for name, reading in readings(engine, config).items():
        with ExitStack() as held:
            raw, malformed = engine.table(tables.raw(name)), engine.table(tables.malformed(name))
            erased = ErasedRows(engine, reading, stones)
            mine, _ = erased.of(raw, held)
            places = ["_file", "_row"]
            validated = engine.table(tables.validated(name)).select(*places, "_state", "_faults")
            rows = engine.rows(raw.semi_join(mine, places).left_join(validated, places).order_by(*places))
            lines = engine.rows(malformed.semi_join(erased.lines(malformed, held), places).order_by(*places))
        told = [
            {
                "file": row["_file"],
                "row": row["_row"],
                "state": _STATES.get(int(row["_state"]), "") if row["_state"] is not None else "not looked at yet",
                "faults": row["_faults"],
                "values": {column: _plain(row[column]) for column in SOURCES[name].names if row[column] is not None},
            }
            for row in rows
        ]
        told += [{"file": row["_file"], "row": row["_row"], "state": row["reason"], "record": row["line"]} for row in lines]
        if told:
            found[name] = told
    return found


def _rows_made(engine: DuckDBEngine, accounts: Sequence[str]) -> dict[str, list[dict[str, object]]]:
    """Every row of every other table that names the person; what is a row of a source typed is told there."""
    told_there = {
        table(name) for name in SOURCES for table in (tables.raw, tables.validated, tables.quarantine, tables.dirty_rows)
    }
    told_there |= {tables.quarantine_with_pii(name) for name in SOURCES} | {tables.dirty_keys(name) for name in SOURCES}
    found = {}
    for table, columns in text_columns(engine).items():
        keys = [column for column in columns if is_key(table, column) and column != "order_id"]
        if table in told_there or not keys:
            continue
        stored = engine.table(table)
        named = [stored[column].strip().lower().isin(list(accounts)).fill_null(False) for column in keys]
        condition = named[0]
        for one in named[1:]:
            condition = condition | one
        rows = engine.rows(stored.filter(condition).order_by(*_sortable(stored)))
        if rows:
            found[table] = [{column: _plain(value) for column, value in row.items() if value is not None} for row in rows]
    return found


def _sortable(table: ir.Table) -> list[str]:
    return [name for name, kind in table.schema().items() if kind.is_string() or kind.is_temporal() or kind.is_integer()]


def _meanings(config: Config) -> dict[str, str]:
    """Each feature and score: what it is, in which unit, and what an empty value means."""
    return {
        name: f"{column.description}{f' Unit: {column.unit}.' if column.unit else ''}"
        f"{f' Empty: {column.null_means}.' if column.null_means else ''}"
        for name, column in sorted(customer_columns(config).items())
    }


def _decisions(engine: Engine, config: Config, accounts: Sequence[str]) -> dict[str, object]:
    """Which segments and campaigns, why, why not, and what would change it; with the person's own values."""
    profile = engine.table(tables.CUSTOMER_PROFILE)
    named = engine.rows(profile.filter(profile.customer_id.lower().isin(list(accounts))).select("customer_id"))
    if not named:
        return {"note": "the person is in no profile: without a completed order or a customer's record there are no scores"}
    story = explain(engine, config, str(named[0]["customer_id"]))
    return {
        "as_of": story.as_of.isoformat(),
        "segments": [asdict(one) for one in story.segments],
        "campaigns": [{name: _plain(value) for name, value in row.items()} for row in story.campaigns],
        "automated": "Segments and lists are made by program. They decide who is written to.",
    }


def _models(engine: Engine) -> list[dict[str, object]]:
    """The models the scores come from: kind, version, what they look at, and what is noted about them."""
    if not engine.has(tables.MODEL_REGISTRY):
        return []
    registry = engine.table(tables.MODEL_REGISTRY)
    wanted = [name for name in ("model", "version", "kind", "as_of", "features", "metrics", "note") if name in registry.columns]
    rows = engine.rows(registry.select(*wanted).order_by(*wanted[:2]))
    return [{name: _plain(value) for name, value in row.items() if value is not None} for row in rows]


def _lists(settings: Settings, config: Config, stones: Tombstones) -> list[dict[str, object]]:
    """The audience files the person is in: day, campaign, what it was for and which data a tool was given."""
    found: list[dict[str, object]] = []
    for path in sorted(settings.audiences.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            row = next((row for row in csv.DictReader(file) if is_named(row.get("customer_id") or "", stones)), None)
        if row is not None:
            place = path.relative_to(settings.audiences).parts
            campaign = config.campaigns.get(place[1]) if len(place) > 2 else None
            found.append(
                {
                    "as_of": place[0],
                    "campaign": place[1] if len(place) > 2 else None,
                    "file": path.relative_to(settings.root).as_posix(),
                    "purpose": campaign.purpose if campaign else None,
                    "channel": campaign.channel if campaign else None,
                    "fields": list(CHANNEL_FIELDS[campaign.channel]) if campaign else sorted(row),
                    "row": dict(row),
                }
            )
    return found


def _plain(value: object) -> object:
    """A value as JSON has it: days and instants in ISO 8601, exact numbers as text."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
