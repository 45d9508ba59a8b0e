"""What is published about the publication itself: what every column means, and the day and size of every table."""

from __future__ import annotations

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.table import TableContract

DATA_DICTIONARY_COLUMNS = (
    Column("table_name", Type.TEXT, "The published table."),
    Column("table_description", Type.TEXT, "What a row of the table is."),
    Column("column_name", Type.TEXT, "The column."),
    Column("position", Type.INTEGER, "Position in the table, from 1.", minimum=1),
    Column("type", Type.TEXT, "Type of the column."),
    Column("unit", Type.TEXT, "Unit of the values.", null_means="no unit"),
    Column("description", Type.TEXT, "What the column means."),
    Column("null_means", Type.TEXT, "What an empty cell says.", null_means="the column is never empty"),
    Column("lineage", Type.TEXT, "Working table and column the values come from."),
)

PUBLICATION_COLUMNS = (
    AS_OF,
    Column("table_name", Type.TEXT, "The published table."),
    Column("row_count", Type.INTEGER, "Its rows.", "rows", minimum=0),
    Column("fingerprint", Type.TEXT, "Hash of files, configuration, program and day the publication was made from."),
    Column(
        "publication_id",
        Type.TEXT,
        "Of the run; manifests of audience files of the same day have it too when the same run made them.",
        null_means="made before there were ids",
    ),
)

DICTIONARY = TableContract(
    "published.data_dictionary",
    "A published column: what it means.",
    DATA_DICTIONARY_COLUMNS,
    key=("table_name", "column_name"),
    published=True,
    asset=False,
    writer=tables.PUBLICATION,
)
PUBLICATION = TableContract(
    "published.publication",
    "A published table: its day and size.",
    PUBLICATION_COLUMNS,
    key=("table_name",),
    published=True,
    asset=False,
    writer=tables.PUBLICATION,
)
PUBLICATION_TABLES = (
    TableContract(
        tables.PUBLICATION, "The file BI tools read: all published tables, swapped in atomically at the end of a good run."
    ),
    DICTIONARY,
    PUBLICATION,
    TableContract(
        tables.REPORT,
        "The page people read, data/published/report.html: what changed, customers, segments, campaigns, models and data, made "
        "of published tables alone. One file that loads nothing.",
        kinds=frozenset({"html", "file"}),
    ),
)
