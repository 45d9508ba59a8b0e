"""People who were erased and came back: no contact until they say yes again.

An erasure counts as a withdrawal for every channel and purpose at its moment, of the key and of every address of the
person; of a postal address for post alone, since others may move in.  A grant that is later lifts it like any other
withdrawal.
"""

from __future__ import annotations

from contextlib import ExitStack

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.privacy.tombstones import Kind, Tombstones
from segmentation_pipeline.values.ledger_words import WITHDRAWN


def erased_withdrawals(engine: Engine, accounts: ir.Table, stones: Tombstones, held: ExitStack) -> ir.Table:
    """One row per account that is known by a tombstone and channel (null = all), in the columns of ``ledger.consent_events``.

    ``accounts`` is ``accounts.accounts``, with places when the tombstones have marks of some.
    """
    known = stones.staged(engine, held)
    every = ibis.null("string")
    forms = [(Kind.CUSTOMER, accounts.account.lower(), every), (Kind.EMAIL, accounts.email, every)]
    forms.append((Kind.PHONE, accounts.phone, every))
    if Kind.PLACE in stones.kinds:
        forms.append((Kind.PLACE, accounts.place, ibis.literal("post")))
    marked = ibis.union(*(accounts.select("account", mark=stones.marked(k, text), channel=channel) for k, text, channel in forms))
    found = marked.join(known, "mark")
    barred = held.enter_context(engine.staged(found.group_by("account", "channel").agg(erased_at=found.erased_at.max())))
    return barred.select(
        customer_id="account",
        _file=ibis.literal("secrets/tombstones.jsonl"),
        _row=ibis.null("int64"),
        channel="channel",
        purpose=ibis.null("string"),
        status=ibis.literal(WITHDRAWN),
        occurred_at=barred.erased_at,
        event_date=barred.erased_at.date(),
    )
