"""The tables of a source: as received, accepted, rejected, and what loading notes beside them."""

from __future__ import annotations

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources import SOURCES, Source
from segmentation_pipeline.contracts.table import TableContract, working_table
from segmentation_pipeline.contracts.tables import TableOfSource

EVENT_DATE = Column("event_date", Type.DAY, "Business day of the event.", "day", "not known")
_FILE = Column("_file", Type.TEXT, "File the row came from.")
_OF_RECEIVED = (
    _FILE,
    Column("_row", Type.INTEGER, "Record number in the file, 1 = first after the header."),
    Column("_loaded_as_of", Type.DAY, "Day of the run that loaded the file."),
)
_OF_ACCEPTED = (_FILE, Column("_row", Type.INTEGER, "Record number in the file."))


def source_contracts(source: Source, *, derived: bool, is_ledger: bool) -> tuple[TableContract, ...]:
    """The tables of a source; one ``derived`` from another has none as received.

    ``is_ledger``: whether the noes it holds are remembered for the next delivery.
    """
    return (
        *(() if derived else _received(source)),
        *_accepted(source),
        *((_of(tables.known_noes, source, tables.PUBLICATION),) if is_ledger else ()),
    )


def is_referred_to(name: str) -> bool:
    """Whether rows of other sources refer to those of this one."""
    return any(reference.to_source == name for other in SOURCES.values() for reference in other.references)


def raw_columns(source: Source) -> tuple[Column, ...]:
    """The columns of the rows as received."""
    as_received = (
        Column(c.name, Type.TEXT, f"{c.description} As received.", null_means="empty or not mapped") for c in source.columns
    )
    return (*as_received, *_OF_RECEIVED)


def clean_columns(source: Source) -> tuple[Column, ...]:
    """The columns of a clean table, personal ones left out."""
    own = tuple(column for column in source.columns if not column.pii)
    return (*own, *((EVENT_DATE,) if source.event_time else ()), *_OF_ACCEPTED)


def _received(source: Source) -> tuple[TableContract, ...]:
    raw = tables.raw(source.name)
    return (
        TableContract(
            raw,
            f"{source.description} As received, with file and row; unchanged files are not read again.",
            raw_columns(source),
            key=("_file", "_row"),
            group="raw",
            kinds=frozenset({"duckdb", "file"}),
        ),
        _of(tables.malformed, source, raw),
        _of(tables.dirty_rows, source, raw),
    )


def _accepted(source: Source) -> tuple[TableContract, ...]:
    clean, key = tables.clean(source.name), " + ".join(source.natural_key)
    described = f"{source.description} Typed, one row per {key}, known at as_of."
    personal: tuple[TableContract, ...] = ()
    if source.pii_columns:
        personal = (
            TableContract(tables.pii(source.name), described, key=source.natural_key, writer=clean, group="clean"),
            _of(tables.quarantine_with_pii, source, clean),
        )
    return (
        TableContract(clean, described, clean_columns(source), key=source.natural_key),
        *personal,
        *((_of(tables.future_dated, source, clean),) if is_referred_to(source.name) else ()),
        *(_of(kind, source, clean) for kind in (tables.validated, tables.dirty_keys, tables.quarantine)),
    )


def _of(kind: TableOfSource, source: Source, writer: str) -> TableContract:
    return working_table(kind(source.name), kind.description, writer)


LOADING_TABLES = tuple(
    working_table(table, description, "", of_steps=True)
    for table, description in (
        (tables.FILES, "A file of a source that was read."),
        (tables.LEFT_OUT, "How many records of a file were left out, and why."),
        (tables.LOOKED_UP, "How many records of a file found their partner in another file."),
        (tables.ERASED_MARKS, "A mark by which rows of other sources belong to somebody who was erased."),
        (tables.EXPIRED_ORDERS, "An order older than its source is kept."),
        (tables.RETURNED_CUSTOMERS, "A customer who was erased and came back."),
        (tables.CUSTOMER_ADDRESSES, "A customer and the address their key was."),
    )
)
"""What the steps that load sources note, each of its own rows."""
