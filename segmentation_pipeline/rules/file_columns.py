"""Which columns of its files a source reads, and what for."""

from __future__ import annotations

from collections.abc import Iterator

from segmentation_pipeline.config.schema import ColumnMapping, SourceConfig
from segmentation_pipeline.config.schema.workbooks import SheetReading
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.rules.expressions import ColumnExpression, parse_expression

UNREADABLE = "cannot be made from "
"""How a value begins that stands for one that could not be made: then come the columns that cannot be read, with what is
in them."""

Place = tuple[str, ...]


def origins_of(name: str, config: SourceConfig) -> dict[str, tuple[str, ...]]:
    """The contract columns that come from the file, with the columns of the file each is made of."""
    if not config.columns:
        return {column: (column,) for column in SOURCES[name].names}
    found = {}
    for column in SOURCES[name].columns:
        if mapping := config.columns.get(column.name):
            found[column.name] = _origins(mapping, column.type)
    return {column: origins for column, origins in found.items() if origins}


def _origins(mapping: ColumnMapping, kind: Type) -> tuple[str, ...]:
    if mapping.expression is not None:
        return parse_expression(mapping.expression, kind).columns
    if mapping.first_of is not None:
        return mapping.first_of
    origin = mapping.source_column
    return () if origin is None else (origin,) if isinstance(origin, str) else origin


def conditions(config: SourceConfig) -> dict[str, ColumnExpression]:
    """The conditions under which rows are left out, by name."""
    return {name: parse_expression(text, None) for name, text in config.skip_when.items()}


def asked_besides(config: SourceConfig) -> Iterator[tuple[Place, str]]:
    """The columns of the file that are no value of a contract column, with the keys in the configuration that name them."""
    for name, condition in conditions(config).items():
        yield from ((("skip_when", name), column) for column in condition.columns)
    for lookup, second in config.lookup.items():
        yield from ((("lookup", lookup, "key"), column) for column in second.keys)
    if config.fill_down:
        yield ("fill_down", "within"), config.fill_down.within
        yield from ((("fill_down", "columns"), column) for column in config.fill_down.columns)


def columns_read(name: str, config: SourceConfig) -> tuple[str, ...]:
    """All columns of its files that a source reads; not those of second files."""
    return tuple(column for column in _columns_asked(name, config) if lookup_of(column, config) is None)


def looked_up(name: str, config: SourceConfig, lookup: str) -> tuple[str, ...]:
    """The columns of a second file that a source reads."""
    found = (lookup_of(column, config) for column in _columns_asked(name, config))
    return tuple(each[1] for each in found if each is not None and each[0] == lookup)


def lookup_of(column: str, config: SourceConfig) -> tuple[str, str] | None:
    """The second file that a name ``<lookup>.<column>`` means, and its column; None for a column of the file itself."""
    lookup, dot, inside = column.partition(".")
    return (lookup, inside) if dot and lookup in config.lookup else None


def _columns_asked(name: str, config: SourceConfig) -> tuple[str, ...]:
    of_contract = (column for origins in origins_of(name, config).values() for column in origins)
    return tuple(dict.fromkeys([*of_contract, *(column for _, column in asked_besides(config))]))


def sheet_reading(name: str, config: SourceConfig) -> SheetReading:
    """How the sheets of a source's workbooks are read: cells that hold numbers as its texts write numbers."""
    decimals = {
        origin: (mapping.number if mapping and mapping.number else config.number).decimal
        for column, origins in origins_of(name, config).items()
        if SOURCES[name].column(column).type in (Type.INTEGER, Type.NUMBER, Type.MONEY)
        for mapping in (config.columns.get(column),)
        for origin in origins
    }
    compared = {column: config.number.decimal for condition in conditions(config).values() for column in condition.columns}
    texts = {origin for origins in origins_of(name, config).values() for origin in origins} - decimals.keys()
    return SheetReading(config.xlsx, {column: sign for column, sign in compared.items() if column not in texts} | decimals)


def may_be_unreadable(name: str, config: SourceConfig, column: Column) -> bool:
    """Whether the column may hold a text that begins with ``UNREADABLE`` and would be taken for one."""
    if column.type is not Type.TEXT:
        return False
    mapping = config.columns.get(column.name)
    if mapping is not None and mapping.expression is not None:
        return column.is_key or parse_expression(mapping.expression, column.type).may_doubt
    is_first = column.name == SOURCES[name].natural_key[0]
    return is_first and any(condition.may_doubt for condition in conditions(config).values())
