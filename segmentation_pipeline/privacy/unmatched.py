"""Opt-outs that match nobody: told, masked, with file and row; a mismatch of key styles stops the run."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.privacy.ledger import NAMED, OptOutError
from segmentation_pipeline.privacy.nameless import names_nobody
from segmentation_pipeline.values.mask import masked

EVIDENT = 20
"""From so many rows on, none of which is found, the keys are surely written otherwise than the customers'."""
EVIDENT_IN_A_FILE = 100
"""The same of one file among several: the list of a small newsletter may name nobody who bought."""
SHARES = "meta.matched_opt_outs"
"""How many noes of each ledger meant somebody at its last run."""
_SHARES = {"source": "string", "rows": "int64", "matched": "int64"}
_LEAST_OF_BEFORE = 0.5


def unmatched_opt_outs(named: ir.Table, matched: ir.Table, malformed: ir.Table, source: str, as_of: date) -> ir.Table:
    """The rows of ``named`` that mean nobody, in the columns of ``contracts.privacy_tables.UNMATCHED_OPT_OUTS_COLUMNS``.

    ``matched`` is ``named.named_accounts`` of ``named``; ``malformed`` are the lines that could not be split:
    each may be a no.
    """
    lines = malformed.select("_file", "_row", **{column: ibis.null("string") for column in NAMED})
    rows = named.anti_join(matched, ["_file", "_row"]).select("_file", "_row", *NAMED).union(lines)
    key = ibis.coalesce(rows.customer_id, rows.email, rows.phone, rows.street)
    return rows.select(
        as_of=ibis.literal(as_of),
        source=ibis.literal(source),
        file=rows._file,
        row=rows._row.cast("int64"),
        named=masked(key),
        reason=ibis.cases(
            (names_nobody(rows), "names nobody"),
            (rows.email.notnull() | rows.customer_id.contains("@"), "no customer has this e-mail address"),
            (rows.customer_id.notnull(), "no customer has this key"),
            (rows.phone.notnull(), "no customer has this telephone number"),
            else_="no customer has this postal address",
        ),
    )


def stop_when_keys_differ(engine: Engine, source: str, named: ir.Table, matched: ir.Table, *, accepted: bool) -> None:
    """Raise ``OptOutError`` when of ``EVIDENT`` or more noes none means somebody, or only half the share of the last run,
    or none of the many noes of one file.

    With ``accepted`` nothing stops.  The share is kept for the next run once it is let pass.
    """
    asked, meant = (table.select("_file", "_row").distinct() for table in (named, matched))
    by_file = asked.group_by("_file").agg(rows=asked.count())
    whole_files = by_file.filter(by_file.rows >= EVIDENT_IN_A_FILE).anti_join(meant, "_file")
    rows, found, lost_files = engine.count(asked), engine.count(meant), engine.count(whole_files)
    before = _last_share(engine, source)
    fewer = before is not None and rows >= EVIDENT and found < rows * before * _LEAST_OF_BEFORE
    if not accepted and (fewer or lost_files or (rows >= EVIDENT and not found)):
        found_of = "none of its" if not found else f"only {found} of its"
        than = f", and {before:.0%} of them at the last run" if before is not None and found else ""
        lost = named.anti_join(matched, ["_file", "_row"])
        if lost_files and found and not fewer:
            lost = lost.semi_join(whole_files, "_file")
            than = f", and none in {lost_files} of its files"
        example = engine.rows(lost.order_by("_file", "_row").limit(1))[0]
        raise OptOutError(
            f"source '{source}': {found_of} {rows} opt-outs matches a customer{than} (the first that does not: "
            f"{example['_file']}, record {example['_row']}). Surely their keys are written otherwise than those of the "
            f"customers. Map another column as {source}.customer_id in sources.yaml, or set business.key_case in pipeline.yaml; "
            f"or, when you have made sure that they are all of people who never bought, set 'unmatched_opt_outs: warn' and "
            f"'unmatched_opt_outs_reason' in privacy.yaml."
        )
    engine.delete(SHARES, {"source": source})
    engine.append(SHARES, engine.memtable({"source": [source], "rows": [rows], "matched": [found]}, _SHARES))


def _last_share(engine: Engine, source: str) -> float | None:
    """The share of the noes that meant somebody at the last run; None when there were too few to say."""
    if not engine.has(SHARES):
        engine.write(SHARES, engine.memtable({column: [] for column in _SHARES}, _SHARES))
    table = engine.table(SHARES)
    known = engine.rows(table.filter(table.source == source, table.rows >= EVIDENT))
    return next((row["matched"] / row["rows"] for row in known), None)
