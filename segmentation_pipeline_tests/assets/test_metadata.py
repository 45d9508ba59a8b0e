"""What people see in Dagster: tables are its own, and cells stand as they are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import dagster as dg

from segmentation_pipeline.assets.metadata import run_metadata, static_metadata, table_metadata
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.run_context import StepResult

SPENT = Column("spent", Type.MONEY, "How <b>much</b>.", "base currency", "nothing")


def test_rows_are_a_table_with_the_kinds_of_its_columns() -> None:
    rows = [{"day": date(2026, 3, 1), "rows": 3, "share": 0.5, "spent": Decimal("1.20"), "reason": "[x](http://a.test)"}]
    shown = table_metadata([*rows, {"day": None, "rows": 4, "share": 1, "spent": None, "reason": None}])
    assert isinstance(shown, dg.TableMetadataValue)
    assert {column.name: column.type for column in shown.schema.columns} == {
        "day": "string",
        "rows": "int",
        "share": "float",
        "spent": "string",
        "reason": "string",
    }
    assert shown.records[0].data == {
        "day": "2026-03-01",
        "rows": 3,
        "share": 0.5,
        "spent": "1.20",
        "reason": "[x](http://a.test)",
    }
    assert set(shown.records[1].data.values()) == {None, 4, 1}


def test_of_many_rows_the_first_are_shown_and_of_none_an_empty_table() -> None:
    many = table_metadata([{"number": number} for number in range(1000)])
    assert isinstance(many, dg.TableMetadataValue) and len(many.records) == 200
    nothing = table_metadata([])
    assert isinstance(nothing, dg.TableMetadataValue) and (nothing.records, nothing.schema.columns) == ([], [])


def test_columns_come_from_the_contract_and_say_unit_and_what_null_means() -> None:
    schema = static_metadata(TableContract("shop.totals", "A total.", (AS_OF, SPENT)))["dagster/column_schema"]
    assert isinstance(schema, dg.TableSchema)
    day, spent = schema.columns
    assert (day.constraints.nullable, spent.constraints.nullable, spent.tags) == (False, True, {"unit": "base_currency"})
    assert spent.description == "How \\<b>much\\</b>. Unit: base currency. Null: nothing."


def test_what_was_told_is_metadata_of_its_kind() -> None:
    told = run_metadata(StepResult(2, {"orders": 3}, tables={"by day": [{"day": 1}]}, texts={"note": "<i>"}))
    assert (told["dagster/row_count"], told["orders"]) == (2, 3)
    assert isinstance(told["by day"], dg.TableMetadataValue)
    assert isinstance(told["note"], dg.MarkdownMetadataValue) and told["note"].md_str == "\\<i>"
