"""Who is left out of everything that is made of customers' data, before anything is made."""

from __future__ import annotations

from contextlib import ExitStack

import ibis.expr.types as ir

from segmentation_pipeline.assets.ledgers import Ledger, end_of_day, every_account, ledger_tables
from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.privacy_tables import UNMATCHED_OPT_OUTS_COLUMNS
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.privacy.accounts import without_unused_rows
from segmentation_pipeline.privacy.excluded import OBJECTION, RESTRICTION, by_age, excluded_customers, whose
from segmentation_pipeline.privacy.ledger import current_restrictions, standing_objections
from segmentation_pipeline.run_context import RunContext, StepResult


def steps(config: Config) -> list[Step]:
    people = [tables.clean("customers"), tables.PII_CUSTOMERS] if config.has("customers") else []
    identity = [tables.CUSTOMER_IDENTITY] if config.has("identities") else []
    ledgers = ledger_tables(config, "consents", "restrictions")
    return [
        Step(table=tables.EXCLUDED_CUSTOMERS, compute=_excluded, reads=[tables.clean("orders"), *people, *identity, *ledgers])
    ]


def _excluded(run: RunContext) -> StepResult:
    engine = run.engine
    no_rows = {column.name: column.type.ibis for column in UNMATCHED_OPT_OUTS_COLUMNS}
    engine.write(tables.UNMATCHED_RESTRICTIONS, engine.memtable({name: [] for name in no_rows}, no_rows))
    before = engine.table(tables.EXCLUDED_CUSTOMERS) if engine.has(tables.EXCLUDED_CUSTOMERS) else None
    with ExitStack() as held:
        known = None if before is None else held.enter_context(engine.staged(before.select("customer_id")))
        engine.write(tables.EXCLUDED_CUSTOMERS, excluded_customers(*_reasons(run, held)))
        now = engine.table(tables.EXCLUDED_CUSTOMERS)
        if known is not None:
            ids = now.select("customer_id")
            engine.write(tables.EXCLUSIONS_DIRTY, known.difference(ids).union(ids.difference(known)))
            run.changes.note(tables.EXCLUDED_CUSTOMERS, engine.table(tables.EXCLUSIONS_DIRTY))
    sizes = engine.rows(now.group_by("reason").agg(customers=now.count()).order_by("reason"))
    numbers: dict[str, int | float | str] = {str(row["reason"]): int(row["customers"]) for row in sizes}
    return StepResult(engine.count(now), numbers=numbers)


def _reasons(run: RunContext, held: ExitStack) -> list[ir.Table]:
    """Who is left out, a table for each reason that leaves out somebody."""
    engine, config = run.engine, run.config
    named: list[tuple[Ledger, ir.Table, str]] = []
    if config.has("consents"):
        ledger = Ledger(run, "consents")
        objections = held.enter_context(engine.staged(standing_objections(ledger.rows, config.privacy.purposes, end_of_day(run))))
        ledger.stop_when_nobody_is_named(objections, lines=False)
        named.append((ledger, objections, OBJECTION))
    if config.has("restrictions"):
        ledger = Ledger(run, "restrictions")
        restrictions = held.enter_context(engine.staged(current_restrictions(ledger.rows, run.as_of)))
        ledger.stop_when_nobody_is_named(restrictions)
        named.append((ledger, restrictions, RESTRICTION))
    named = [(ledger, rows, reason) for ledger, rows, reason in named if engine.count(rows)]
    minimum_age = config.privacy.minimum_age
    if not named and minimum_age is None:
        return []
    everybody = every_account(run, held)
    found = []
    for ledger, rows, reason in named:
        meant = (
            ledger.noes(rows, everybody, held, tables.UNMATCHED_RESTRICTIONS)
            if reason == RESTRICTION
            else ledger.matched(rows, everybody, held)
        )
        found.append(whose(meant, everybody, reason))
    if minimum_age is not None:
        pii = engine.table(tables.PII_CUSTOMERS) if config.has("customers") else None
        if pii is None or not engine.count(pii.filter(pii.birth_date.notnull())):
            raise UserError(
                f"privacy.minimum_age is {minimum_age}, and no birth date of any customer is known, so nobody's age can be told. "
                f"Map customers.birth_date in sources.yaml, or take minimum_age out of privacy.yaml."
            )
        unknown = config.privacy.unknown_birth_date == "exclude"
        found.append(by_age(without_unused_rows(everybody), pii, minimum_age, unknown=unknown, as_of=run.as_of))
    return found
