"""The tables about a run itself: where its rows went, and what its checks found."""

from __future__ import annotations

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.table import TableContract

ROW_ACCOUNTING_COLUMNS = (
    Column("as_of", Type.DAY, "Day of the run.", "day"),
    Column("source", Type.TEXT, "The source."),
    Column("read", Type.INTEGER, "Records in the source's files.", "rows"),
    Column("clean", Type.INTEGER, "Accepted rows.", "rows"),
    Column("anonymous", Type.INTEGER, "Accepted rows that belong to nobody: they count in shop_totals alone.", "rows"),
    Column("quarantined", Type.INTEGER, "Rejected rows, malformed records included.", "rows"),
    Column("superseded", Type.INTEGER, "Rows replaced by a later correction or repeated.", "rows"),
    Column("later", Type.INTEGER, "Sound rows that happen after as_of.", "rows"),
    Column("erased", Type.INTEGER, "Records of erased people, not taken in.", "rows"),
    Column("expired", Type.INTEGER, "Records older than the source is kept, not taken in or removed.", "rows"),
    Column("skipped", Type.INTEGER, "Records the configuration leaves out on purpose.", "rows"),
    Column("skipped_by_name", Type.TEXT, "Records left out on purpose, by what leaves them out, as JSON."),
    Column("latest_by", Type.TEXT, "By what it is told which of several rows with one key counts."),
    Column("quarantined_by_reason", Type.TEXT, "Rows per reason as JSON; a row with two reasons counts under both."),
    Column("blanked_by_reason", Type.TEXT, "Values of optional columns blanked, per reason, as JSON."),
)

DATA_QUALITY_COLUMNS = (
    AS_OF,
    Column("table_name", Type.TEXT, "The table checked."),
    Column("rule", Type.TEXT, "The rule; also the name of the check in Dagster."),
    Column("expectation", Type.TEXT, "The expectation behind it."),
    Column("column_name", Type.TEXT, "The column checked.", null_means="the rule is about several columns or the whole table"),
    Column("severity", Type.TEXT, "error stops what depends on the table, warning does not.", allowed=("error", "warning")),
    Column("passed", Type.BOOLEAN, "Whether the rule holds."),
    Column("checked_rows", Type.INTEGER, "Rows looked at.", "rows", minimum=0),
    Column("unexpected_count", Type.INTEGER, "Failing rows.", "rows", minimum=0),
    Column("unexpected_share", Type.NUMBER, "Share of failing rows.", "share 0-1", minimum=0, maximum=1),
    Column("observed", Type.TEXT, "What a rule about the whole table measured.", null_means="the rule looks at rows"),
    Column("message", Type.TEXT, "The outcome in words."),
    Column("description", Type.TEXT, "What the rule asks for."),
)

QUALITY_TABLES = (
    TableContract(
        tables.DATA_QUALITY,
        "The result of one rule on one table.",
        DATA_QUALITY_COLUMNS,
        key=("as_of", "table_name", "rule"),
        published=True,
        accumulates=True,
        of_steps=True,
    ),
    TableContract(
        tables.ROW_ACCOUNTING,
        "Where the rows of a source went.",
        ROW_ACCOUNTING_COLUMNS,
        key=("as_of", "source"),
        published=True,
        accumulates=True,
        of_steps=True,
    ),
)
