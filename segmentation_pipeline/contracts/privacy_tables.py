"""The tables of privacy: who is left out, and noes that match nobody."""

from __future__ import annotations

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.table import TableContract, working_table

UNMATCHED_OPT_OUTS_COLUMNS = (
    AS_OF,
    Column("source", Type.TEXT, "The ledger: consents, suppressions or restrictions."),
    Column("file", Type.TEXT, "File of the row."),
    Column("row", Type.INTEGER, "Record number in the file."),
    Column("named", Type.TEXT, "Whom the row names, masked: its first and last sign.", null_means="the row names nobody"),
    Column("reason", Type.TEXT, "Why nobody was found."),
)

PRIVACY_TABLES = (
    TableContract(
        tables.EXCLUDED_CUSTOMERS,
        "A person whose data is kept but not used: objected to profiling, restricted, or too young. They have no score, no "
        "segment and no audience.",
    ),
    working_table(
        tables.EXCLUSIONS_DIRTY, "A customer who is left out and was not before, or the other way.", tables.EXCLUDED_CUSTOMERS
    ),
    working_table(
        tables.UNMATCHED_RESTRICTIONS,
        "A restriction that matches nobody, masked, with its file and row.",
        tables.EXCLUDED_CUSTOMERS,
        columns=UNMATCHED_OPT_OUTS_COLUMNS,
    ),
    TableContract(
        tables.UNMATCHED_OPT_OUTS,
        "A no that matches nobody, masked, with its file and row.",
        UNMATCHED_OPT_OUTS_COLUMNS,
        published=True,
        writer=tables.CAMPAIGN_SELECTIONS,
        owner="team:crm",
    ),
)
