"""Every published column is described, and the dictionary says so."""

from __future__ import annotations

import pytest

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.publish.dictionary import UndocumentedColumn, check_documented, data_dictionary

SIZE = Column("size", Type.MONEY, "How large.", "base currency", "not known")
NAME = Column("name", Type.TEXT, "What it is called.")
THINGS = TableContract("work.things", "A thing.", (NAME, SIZE))


def test_tables_as_described_pass_in_any_order():
    check_documented([THINGS], {"things": ["size", "name"]})


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (["name", "size", "colour", "age"], ["without description: ['age', 'colour']", "missing: none"]),
        (["name"], ["without description: none", "missing: ['size']"]),
    ],
)
def test_a_column_too_many_or_too_few_is_told(columns, words):
    with pytest.raises(UndocumentedColumn) as error:
        check_documented([THINGS], {"things": columns})
    assert all(word in str(error.value) for word in ["published table 'things'", *words])


def test_the_dictionary_lists_every_column_of_every_table(engine):
    rows = engine.rows(data_dictionary(engine, [THINGS], {("things", "size"): "measured (family sizes)"}))
    things = [row for row in rows if row["table_name"] == "things"]
    assert things == [
        {
            "table_name": "things",
            "table_description": "A thing.",
            "column_name": "name",
            "position": 1,
            "type": "string",
            "unit": None,
            "description": "What it is called.",
            "null_means": None,
            "lineage": "work.things.name",
        },
        {
            "table_name": "things",
            "table_description": "A thing.",
            "column_name": "size",
            "position": 2,
            "type": "decimal(18, 2)",
            "unit": "base currency",
            "description": "How large.",
            "null_means": "not known",
            "lineage": "measured (family sizes)",
        },
    ]
    assert {row["table_name"] for row in rows} == {"things", "data_dictionary", "publication"}
    assert {row["lineage"] for row in rows if row["table_name"] == "publication"} == {"made at publication"}
