"""Merge decisions that were refused: what they may have said still keeps customers apart.

Somebody looked at two customers and wrote down what they are; a slip in the row does not unsay it.  To merge two who are
not one mixes their data, to keep one person apart costs a merge: so a row that cannot be read is a ``never_merge``.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources.identity import ALWAYS_MERGE, MERGE_DECISIONS
from segmentation_pipeline.contracts.text import looks
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.privacy.answered import answered_rows, told_places
from segmentation_pipeline.values.states import REJECTED

SOURCE = MERGE_DECISIONS.name
_ROW = ["_file", "_row"]
_NO_PART_OF_A_WORD = r"[\s._-]+"


class DecisionError(UserError):
    """Somebody decided about customers and it cannot be told about whom; nobody may be merged until it can."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What refused rows come to; staged tables.

    ``apart``: a, b: two customers who must not become one, in both orders.  ``alone``: customer_id: who is one with nobody,
    since the other of the row cannot be told.  ``named``: customer_id and group_id (the smallest id of the row): everybody
    such a row names.
    """

    apart: ir.Table
    alone: ir.Table
    named: ir.Table


def refused_decisions(engine: Engine, config: Config, identifiers: ir.Table, held: ExitStack) -> Refused | None:
    """What the refused rows of source merge_decisions come to, staged until ``held`` is closed; None where there are none.

    A row whose verdict surely is always_merge merges nobody and keeps nobody apart.  Any other counts as never_merge of the
    two customers it names, whenever it was decided; where it names one, that one is joined with nobody.  A key means the
    customer whose own it is, else those it looks like (``contracts.text.looks``).  A row holds until it is corrected, or
    answered for in ``privacy.not_opt_outs``.

    Raises ``DecisionError`` for a row that names no customer, and for a line that could not be split into columns (its key
    may be cut off), unless ``privacy.nameless_opt_outs`` lets them pass.
    """
    if not config.has(SOURCE):
        return None
    validated = engine.table(tables.validated(SOURCE))
    rows = validated.filter(validated._state == REJECTED).select(*_ROW, "customer_id", "other_customer_id", "verdict", "_faults")
    lines = engine.table(tables.malformed(SOURCE))
    answers = config.privacy.answers_for(SOURCE)
    if answers:
        answered = answered_rows(engine, SOURCE, answers)
        rows, lines = rows.anti_join(answered, _ROW), lines.anti_join(answered, _ROW)
    rows = held.enter_context(engine.staged(rows))
    if not engine.count(rows) and not engine.count(lines):
        return None
    doubtful = rows.filter(~_surely_always(cast(ir.StringValue, rows.verdict)))
    named = held.enter_context(engine.staged(_named(rows, _customers(engine, config, identifiers))))
    if config.privacy.nameless_opt_outs == "stop":
        _stop_when_nobody_is_named(engine, doubtful.anti_join(named, _ROW), lines)
    return _read(engine, doubtful, named, held)


def _read(engine: Engine, doubtful: ir.Table, named: ir.Table, held: ExitStack) -> Refused:
    of_doubtful = named.semi_join(doubtful, _ROW)
    one, other = (of_doubtful.filter(of_doubtful.place == place).drop("place") for place in (0, 1))
    pairs = one.select(*_ROW, a="customer_id").join(other.select(*_ROW, b="customer_id"), _ROW)
    pairs = held.enter_context(engine.staged(pairs.filter(pairs.a != pairs.b)))
    alone = of_doubtful.anti_join(pairs, _ROW).select("customer_id").distinct()
    apart = pairs.select("a", "b").union(pairs.select(a="b", b="a"), distinct=True)
    groups = named.group_by(_ROW).agg(group_id=named.customer_id.min())
    told = named.join(groups, _ROW).select("customer_id", "group_id").distinct()
    return Refused(*(held.enter_context(engine.staged(table)) for table in (apart, alone, told)))


def _surely_always(verdict: ir.StringValue) -> ir.BooleanValue:
    """Whether a verdict, however it is spaced, cannot mean never_merge; false when there is none."""
    words = ALWAYS_MERGE.replace("_", "")
    return cast(ir.BooleanValue, (verdict.lower().re_replace(_NO_PART_OF_A_WORD, "") == words).fill_null(False))


def _customers(engine: Engine, config: Config, identifiers: ir.Table) -> ir.Table:
    """customer_id of everybody there is, also of those who are known only later."""
    known = [identifiers.select("customer_id"), engine.table(tables.clean("orders")).select("customer_id")]
    if config.has("customers"):
        known += [
            engine.table(name).select("customer_id") for name in (tables.clean("customers"), tables.future_dated("customers"))
        ]
    return ibis.union(*known, distinct=True)


def _named(rows: ir.Table, customers: ir.Table) -> ir.Table:
    """_file, _row, ``place`` (0 or 1, the column) and customer_id of everybody the rows name."""
    keys = ibis.union(
        *(rows.select(*_ROW, key=rows[name], place=place) for place, name in enumerate(("customer_id", "other_customer_id")))
    )
    keys = keys.filter(keys.key.notnull())
    own = keys.join(customers.select(key="customer_id"), "key").select(*_ROW, "place", customer_id="key")
    rest = keys.anti_join(customers, keys.key == customers.customer_id)
    seen = customers.select("customer_id", look=looks(cast(ir.StringValue, customers.customer_id)))
    alike = rest.mutate(look=looks(cast(ir.StringValue, rest.key))).join(seen, "look")
    return own.union(alike.select(*_ROW, "place", "customer_id"), distinct=True)


def _stop_when_nobody_is_named(engine: Engine, rows: ir.Table, lines: ir.Table) -> None:
    nameless = lines.select(*_ROW, "reason").union(rows.select(*_ROW, reason=ibis.literal("no customer that is known")))
    count = engine.count(nameless)
    if not count:
        return
    told = told_places(engine, SOURCE, nameless, count)
    raise DecisionError(
        f"source '{SOURCE}': {count} rows may say that two customers are not one person, and it cannot be told which: "
        f"{told}. Nobody is merged before that is known. Correct or complete these rows in the file and run again; or, "
        f"when you have made sure that one of them keeps nobody apart, list it in privacy.yaml under 'not_opt_outs' with source "
        f"{SOURCE}, its file, row, fingerprint and a reason. 'nameless_opt_outs: warn' with "
        f"'nameless_opt_outs_reason' lets all of them pass."
    )
