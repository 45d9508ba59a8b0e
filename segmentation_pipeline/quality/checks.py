"""All rules of a configuration by table: what contracts imply, then what the project adds."""

from __future__ import annotations

import re
from collections.abc import Mapping

from segmentation_pipeline.config.diagnostics import did_you_mean
from segmentation_pipeline.config.schema import Config, ExpectationConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES, Source
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.expectation_names import expectation_name
from segmentation_pipeline.quality.outputs import output_rules
from segmentation_pipeline.quality.rule_templates import PROVENANCE, column_rules, not_after_as_of, not_before, not_null, unique
from segmentation_pipeline.table_contracts import TABLES

_KEYS = {contract.table: contract.key for contract in TABLES}


class UnknownTable(UserError, ValueError):
    """A configured expectation names a table that has no checks."""


def checks_for(config: Config) -> dict[str, tuple[Check, ...]]:
    """Every table that is checked, with its rules; needs no data and no Great Expectations.

    Raises ``UnknownExpectation`` or ``UnknownTable`` for a configured expectation that cannot be.
    """
    rules = _implied_rules(config)
    for place, extra in enumerate(config.pipeline.quality.expectations):
        table = _table(extra.table, rules, place)
        rules[table] = (*rules[table], _configured(extra, table, {rule.name for rule in rules[table]}, place))
    return rules


def checked_tables(config: Config) -> tuple[str, ...]:
    """The tables a configured expectation may name."""
    return tuple(_implied_rules(config))


def _implied_rules(config: Config) -> dict[str, tuple[Check, ...]]:
    rules = {tables.clean(name): _source_rules(SOURCES[name], config) for name in config.cleaning_order}
    for name in config.cleaning_order:
        if SOURCES[name].pii_columns:
            table, keys = tables.pii(name), SOURCES[name].natural_key
            needed = [key for key in keys if SOURCES[name].column(key).required]
            optional = set(keys) - set(needed)
            rules[table] = (*(not_null(table, key) for key in needed), unique(table, keys, PROVENANCE, optional))
    return rules | output_rules(config)


def key_columns(table: str) -> tuple[str, ...]:
    """The columns that name a row of the table to a person looking for it."""
    schema, name = table.split(".")
    if schema in ("clean", "pii") and name in SOURCES:
        return SOURCES[name].natural_key
    return _KEYS.get(table) or ("customer_id",)


def _source_rules(contract: Source, config: Config) -> tuple[Check, ...]:
    source, table = config.contract(contract.name), tables.clean(contract.name)
    rules = [rule for column in source.columns if not column.pii for rule in column_rules(table, column)]
    if not source.key_is_personal:  # else the table with the personal columns is asked
        rules.append(unique(table, source.natural_key, PROVENANCE))
    if source.event_time:
        rules.append(not_after_as_of(table, "event_date"))
        rules.append(not_before(table, "event_date", config.pipeline.quality.earliest_date))
    return tuple(rules)


def _table(given: str, rules: Mapping[str, object], place: int) -> str:
    """The full table name; a bare source name means its clean table."""
    name = given if "." in given else tables.clean(given)
    if name not in rules:
        hint = did_you_mean(name, rules) or f"checked tables: {', '.join(rules)}"
        raise UnknownTable(f"quality.expectations[{place}].table: there is no table '{given}' to check; {hint}")
    return name


def _configured(extra: ExpectationConfig, table: str, taken: set[str], place: int) -> Check:
    try:
        expectation = expectation_name(extra.expectation)
    except ValueError as error:
        raise type(error)(f"quality.expectations[{place}].expectation: {error}") from None
    column = extra.arguments.get("column")
    about = str(column) if column is not None else ""
    short = expectation.removeprefix("expect_").removeprefix("column_")
    name = base = re.sub(r"[^A-Za-z0-9_]+", "_", f"{about}_{short}".strip("_"))
    number = 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    details = ", ".join(f"{key} {value}" for key, value in extra.arguments.items() if key not in ("column", "description"))
    words = f"{about} {short.replace('_', ' ')}".strip() + (f" ({details})" if details else "")
    return Check(
        name=name,
        table=table,
        expectation=expectation,
        arguments=extra.arguments,
        severity=extra.severity,
        column=None if column is None else about,
        description=str(extra.arguments.get("description", words)),
        catches="Set by this project in pipeline.yaml under quality.expectations.",
    )
