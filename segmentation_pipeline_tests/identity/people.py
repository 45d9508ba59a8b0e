"""Identifiers given by hand, resolved, and told as plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import IdentityConfig
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.identity.health import health
from segmentation_pipeline.identity.resolve import resolve

DAY = date(2025, 1, 1)
Identifier = tuple[str, str, str | None]
"""customer, kind (``customer_key crm`` is a key of system crm) and value; seen in the order of the rows."""


@dataclass(frozen=True)
class Told:
    """``merged``: customer to (canonical customer, kind); ``blocked``: (customer, kind, reason); ``counts``:
    (finding, kind, cluster_size) to (groups, customers)."""

    merged: dict[str, tuple[str, str]]
    blocked: set[tuple[str, str, str]]
    counts: dict[tuple[str, str | None, int | None], tuple[int, int]]


Person = tuple[str, str | None, str | None]
"""customer, first name and birth date (ISO 8601)."""
Decision = tuple[str, str, str]
"""customer, other customer and verdict."""


def told(
    engine: Engine,
    rows: Sequence[Identifier],
    config: IdentityConfig | None = None,
    seen: str = "",
    people: Sequence[Person] = (),
    decisions: Sequence[Decision] = (),
) -> Told:
    """``seen`` lists customers in the order they were first seen; the others come on one later day."""
    order = {customer: place for place, customer in enumerate(seen.split())}
    columns = {
        "customer_id": [customer for customer, _, _ in rows],
        "kind": [register.split()[0] for _, register, _ in rows],
        "register": [register for _, register, _ in rows],
        "value": [value for _, _, value in rows],
        "seen_on": [DAY + timedelta(days=order.get(customer, 900)) for customer, _, _ in rows],
    }
    schema = {name: "date" if name == "seen_on" else "string" for name in columns}
    with engine.staged(engine.memtable(columns, schema).distinct()) as identifiers, ExitStack() as held:
        persons = held.enter_context(engine.staged(_people(engine, people))) if people else None
        decided = held.enter_context(engine.staged(_decisions(engine, decisions))) if decisions else None
        found = resolve(engine, identifiers, config or IdentityConfig(), held, persons, decided)
        identity, blocked = engine.rows(found.identity), engine.rows(found.blocked)
        counted = engine.rows(health(found, identifiers, DAY))
    return Told(
        {str(r["customer_id"]): (str(r["canonical_customer_id"]), str(r["joined_by"])) for r in identity},
        {(str(r["customer_id"]), str(r["kind"]), str(r["reason"])) for r in blocked},
        {(r["finding"], r["kind"], r["cluster_size"]): (r["groups"], r["customers"]) for r in counted},  # type: ignore[misc]
    )


def _people(engine: Engine, people: Sequence[Person]) -> ir.Table:
    columns = {
        "customer_id": [customer for customer, _, _ in people],
        "first_name": [name for _, name, _ in people],
        "birth_date": [born and date.fromisoformat(born) for _, _, born in people],
    }
    return engine.memtable(columns, {"customer_id": "string", "first_name": "string", "birth_date": "date"})


def _decisions(engine: Engine, decisions: Sequence[Decision]) -> ir.Table:
    names = ("customer_id", "other_customer_id", "verdict")
    return engine.memtable({name: [row[i] for row in decisions] for i, name in enumerate(names)}, dict.fromkeys(names, "string"))
