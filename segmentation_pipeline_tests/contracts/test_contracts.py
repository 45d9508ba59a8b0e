"""The contracts hold together: every column described, every name once, references point backwards."""

from __future__ import annotations

import re

import ibis
import pytest

from segmentation_pipeline.contracts import labels, scores, tables
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.table_contracts import TABLES

COLUMN_SETS = {
    **{contract.table: contract.columns for contract in TABLES if contract.columns},
    "SCORES": scores.SCORES,
    **{name: source.columns for name, source in SOURCES.items()},
}


@pytest.mark.parametrize("name", COLUMN_SETS)
def test_every_column_is_described_and_named_once(name):
    columns: tuple[Column, ...] = COLUMN_SETS[name]
    assert len({column.name for column in columns}) == len(columns)
    for column in columns:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name), column.name
        assert column.description.endswith("."), column.name
        assert column.type is not Type.MONEY or column.unit, f"{column.name}: money has a unit"


@pytest.mark.parametrize("name", COLUMN_SETS)
def test_limits_fit_the_type(name):
    for column in COLUMN_SETS[name]:
        assert not column.allowed or column.type is Type.TEXT, column.name
        assert column.allowed == tuple(dict.fromkeys(column.allowed)), column.name
        limits = [limit for limit in (column.minimum, column.maximum) if limit is not None]
        assert limits == sorted(limits), column.name
        assert not limits or column.type in (Type.INTEGER, Type.NUMBER, Type.MONEY), column.name


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_whole(name):
    source = SOURCES[name]
    assert source.name == name and source.description.endswith(".")
    assert source.names[0] in source.natural_key
    for key in source.natural_key:
        optional = source.any_of  # its rows name somebody in one of several ways
        assert source.column(key).required or optional, f"{key}: a key is never null"
        blanked = source.column(key).type is not Type.TEXT or source.column(key).allowed
        assert source.column(key).required or not blanked, f"{key}: a key whose value may be blanked would not be found again"
        assert not source.column(key).pii or optional, f"{key}: a key is everywhere"
    for column in source.columns:
        assert column.required == (column.null_means is None), f"{column.name}: what null means is said just where null can be"
        assert not (column.pii and column.required), f"{column.name}: quarantine reasons would depend on personal data"
    if source.event_time:
        when = source.column(source.event_time)
        assert when.type is Type.INSTANT or (when.type is Type.DAY and when.ahead), "what happens may be known in advance"
    for column in source.columns:
        assert all(source.column(name).type is Type.INSTANT for name in column.known_at), column.name
        assert not (column.known_at and (column.required or column.is_key)), (
            f"{column.name}: what is filled in later is null before"
        )
    if source.version:
        assert source.column(source.version).type is Type.INSTANT and not source.column(source.version).required


def test_references_point_to_keys_of_sources_cleaned_earlier():
    before: set[str] = set()
    for source in SOURCES.values():
        for reference in source.references:
            target = SOURCES[reference.to_source]
            assert reference.to_source in before, source.name
            assert target.natural_key == (reference.to_column,), "else a reference would meet several rows"
            assert source.column(reference.column).is_key and target.column(reference.to_column).is_key, "same case, same trim"
        before.add(source.name)


def test_only_orders_are_required():
    assert [source.name for source in SOURCES.values() if source.required] == ["orders"]


def test_personal_data_is_of_customers_and_what_names_them_alone():
    address = ("email", "phone", "street", "postal_code")
    assert {name: source.pii_columns for name, source in SOURCES.items() if source.pii_columns and name != "customers"} == {
        "identities": ("identifier",),
        "consents": address,
        "suppressions": address,
        "restrictions": address,
    }


def test_working_tables_have_one_name_each():
    constants = [value for name, value in vars(tables).items() if name.isupper() and isinstance(value, str)]
    made = [
        name(source)
        for name in (
            tables.raw,
            tables.malformed,
            tables.clean,
            tables.future_dated,
            tables.dirty_rows,
            tables.validated,
            tables.dirty_keys,
            tables.by_customer,
            tables.quarantine,
            tables.quarantine_with_pii,
        )
        for source in SOURCES
    ]
    every = [*constants, *made]
    assert len(set(every)) == len(every)
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", name) for name in every)


def test_tables_of_dirty_keys_under_their_old_names_are_known_and_are_no_tables_of_today():
    old = set(tables.named_otherwise())
    assert {"pii.customers_raw_touched", "raw.orders_touched", "clean.orders_touched", "features.touched_customers"} <= old
    assert not old & {table for source in SOURCES for table in tables.of_source(source)}


def test_what_sources_with_personal_data_received_lies_in_schema_pii():
    for name, source in SOURCES.items():
        room = "pii" if source.pii_columns else "raw"
        assert tables.raw(name).startswith(f"{room}.") and tables.malformed(name).startswith(f"{room}.")
        assert tables.clean(name).startswith("clean.") and tables.quarantine(name).startswith("quarantine.")


def test_every_working_table_has_one_contract_and_no_published_one_holds_anything_personal():
    constants = {value for name, value in vars(tables).items() if name.isupper() and isinstance(value, str)}
    of_sources = {tables.PII_CUSTOMERS, tables.PII_IDENTITIES, tables.PII_BY_CUSTOMER}
    memory = {name for name in constants if name.startswith("meta.")}
    listed = [contract.table for contract in TABLES]
    assert len(set(listed)) == len(listed)
    assert constants - memory - of_sources <= set(listed)
    pii = {column for source in SOURCES.values() for column in source.pii_columns}
    published = [contract for contract in TABLES if contract.published]
    assert len({contract.name for contract in published}) == len(published)
    for contract in TABLES:
        assert contract.description.endswith("."), contract.table
        assert set(contract.key) <= {column.name for column in contract.columns} or not contract.columns
    for contract in published:
        assert contract.columns or contract.columns_of, f"{contract.table}: what is published is described"
        assert not contract.table.startswith("pii.") and not pii & {column.name for column in contract.columns}
        dated = contract.name in ("segment_history", "customer_merges") or (
            contract.columns[:1] and contract.columns[0].name == AS_OF.name
        )
        assert dated or not contract.accumulates, contract.table


@pytest.mark.parametrize("enumeration", [labels.RfmSegment, labels.Arm, labels.FunnelStep])
def test_labels_are_plain_and_unique(enumeration):
    values = [label.value for label in enumeration]
    assert len(set(values)) == len(values) and all(re.fullmatch(r"[a-z_]+", value) for value in values)


def test_every_type_has_one_engine_type():
    assert len({kind.ibis for kind in Type}) == len(Type)
    assert Type.MONEY.ibis == ibis.dtype("decimal(18, 2)")
