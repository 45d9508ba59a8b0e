"""People who were erased and came back: no contact until they say yes again.

An erasure counts as a withdrawal for every channel and purpose at its moment, of the key and of every address of the
person; a grant that is later lifts it like any other withdrawal.
"""

from __future__ import annotations

from contextlib import ExitStack

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.privacy.ledger import WITHDRAWN
from segmentation_pipeline.privacy.tombstones import Kind, Tombstones


def erased_withdrawals(engine: Engine, accounts: ir.Table, stones: Tombstones, held: ExitStack) -> ir.Table:
    """One row per account that is known by a tombstone, in the columns of ``ledger.consent_events``.

    ``accounts`` is ``accounts.accounts``.
    """
    known = stones.staged(engine, held)
    forms = ((Kind.CUSTOMER, accounts.account.lower()), (Kind.EMAIL, accounts.email), (Kind.PHONE, accounts.phone))
    marked = ibis.union(*(accounts.select("account", mark=stones.marked(kind, text)) for kind, text in forms))
    found = marked.join(known, "mark")
    barred = held.enter_context(engine.staged(found.group_by("account").agg(erased_at=found.erased_at.max())))
    return barred.select(
        customer_id="account",
        _file=ibis.literal("secrets/tombstones.jsonl"),
        _row=ibis.null("int64"),
        channel=ibis.null("string"),
        purpose=ibis.null("string"),
        status=ibis.literal(WITHDRAWN),
        occurred_at=barred.erased_at,
        event_date=barred.erased_at.date(),
    )
