"""Opt-outs that match nobody: told, masked, with file and row; a mismatch of key styles stops the run."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.privacy.ledger import OptOutError

EVIDENT = 20
"""From so many rows on, none of which is found, the keys are surely written otherwise than the customers'."""


def unmatched_opt_outs(named: ir.Table, matched: ir.Table, malformed: ir.Table, source: str, as_of: date) -> ir.Table:
    """The rows of ``named`` that mean nobody, in the columns of ``contracts.published.UNMATCHED_OPT_OUTS_COLUMNS``.

    ``matched`` is ``accounts.named_accounts`` of ``named``; ``malformed`` are the lines that could not be split:
    each may be a no.
    """
    lines = malformed.select("_file", "_row", customer_id=ibis.null("string"))
    rows = named.anti_join(matched, ["_file", "_row"]).select("_file", "_row", "customer_id").union(lines)
    key = rows.customer_id
    return rows.select(
        as_of=ibis.literal(as_of),
        source=ibis.literal(source),
        file=rows._file,
        row=rows._row.cast("int64"),
        named=(key.length() > 2).ifelse(key.substr(0, 1) + "***" + key.right(1), key.isnull().ifelse(ibis.null("string"), "***")),
        reason=ibis.cases(
            (key.isnull(), "names nobody"),
            (key.contains("@"), "no customer has this e-mail address"),
            else_="no customer has this key",
        ),
    )


def stop_when_keys_differ(engine: Engine, source: str, named: ir.Table, matched: ir.Table) -> None:
    """Raise ``OptOutError`` when of ``EVIDENT`` or more noes none means somebody."""
    rows = engine.count(named.select("_file", "_row").distinct())
    found = engine.count(matched.select("_file", "_row").distinct())
    if rows >= EVIDENT and not found:
        example = engine.rows(named.order_by("_file", "_row").limit(1))[0]
        raise OptOutError(
            f"source '{source}': none of its {rows} opt-outs matches a customer (the first: {example['_file']}, record "
            f"{example['_row']}). Surely their keys are written otherwise than those of the customers. Map another column as "
            f"{source}.customer_id in sources.yaml, or set business.key_case in pipeline.yaml; or, when you have made sure that "
            f"they are all of people who never bought, set 'unmatched_opt_outs: warn' and 'unmatched_opt_outs_reason' in "
            f"privacy.yaml."
        )
