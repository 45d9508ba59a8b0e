"""The page of the language of rules says what rules may say, and its examples hold as it says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlglot.expressions as sge

from segmentation_pipeline.config.schema.numbers import NumberStyle
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.derived import FileReader
from segmentation_pipeline.project.rule_reference import (
    AS_OF,
    CUSTOMER,
    HAPPENED,
    OF_FILES,
    OPERATORS,
    ROW,
    UNKNOWN,
    VALUES,
    rules_page,
)
from segmentation_pipeline.rules.expression_functions import FILE_FUNCTIONS
from segmentation_pipeline.rules.expressions import parse_expression
from segmentation_pipeline.rules.functions import FUNCTIONS
from segmentation_pipeline.rules.lexer import CALLS, KEYWORDS, USAGES, parse_words, windows_in
from segmentation_pipeline.rules.parse import parse_rule
from segmentation_pipeline_tests.end_to_end.project import ROOT

PAGE = ROOT / "docs" / "reference" / "rules.md"
EXAMPLES = [
    *(example for _, _, example in VALUES),
    *(text for _, _, example, read in OPERATORS for text in (example, read)),
    *(example for _, example in UNKNOWN),
    *(text for usage in USAGES.values() for text in (usage.example, usage.of_unknown)),
]


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with_customer = DuckDBEngine(None)
    yield with_customer
    with_customer.close()


def test_the_page_is_that_of_the_language() -> None:
    told = "write it anew: python -m segmentation_pipeline.project.rule_reference > docs/reference/rules.md"
    assert PAGE.read_text(encoding="utf-8") == rules_page(), told


def test_every_example_holds(engine: DuckDBEngine) -> None:
    of_windows = {
        Column(windows_in(text)[0].name, Type.MONEY if text.startswith("total") else Type.INTEGER, ""): value
        for text, value in HAPPENED.items()
    }
    row = CUSTOMER | of_windows
    columns = {column.name: column for column in row}
    types = {column.name: str(column.type.ibis) for column in row}
    customer = engine.memtable({column.name: [value] for column, value in row.items()}, types)
    segmentations = {"lifecycle": {}, "value_tier": {}}
    held = {text: parse_rule(text, columns, segmentations=segmentations).bind(customer, AS_OF) for text in EXAMPLES}
    [found] = engine.rows(customer.select(**{str(place): condition for place, condition in enumerate(held.values())}))
    assert [text for text, holds in zip(held, found.values(), strict=True) if not holds] == []


@pytest.mark.parametrize(("example", "read"), [row[2:] for row in OPERATORS])
def test_operators_bind_as_the_page_says(example: str, read: str) -> None:
    assert _tree(example) == _tree(read)


def _tree(text: str) -> sge.Expr:
    tree, mistakes = parse_words(text)
    assert tree is not None and not mistakes
    return tree.transform(lambda node: node.unnest())


def test_every_example_of_an_expression_over_a_file_holds(engine: DuckDBEngine) -> None:
    used = [function.usage for function in FILE_FUNCTIONS.values() if function.usage]
    examples = [*(example for _, _, example in OF_FILES), *(text for usage in used for text in (usage.example, usage.of_unknown))]
    row = engine.memtable({column: [value] for column, value in ROW.items()}, dict.fromkeys(ROW, "string"))
    reader = FileReader(engine, NumberStyle())
    held = {text: parse_expression(text, None).holds(row, reader) for text in examples}
    [found] = engine.rows(row.select(**{str(place): condition for place, condition in enumerate(held.values())}))
    assert [text for text, holds in zip(held, found.values(), strict=True) if not holds] == []


def test_a_function_of_files_has_its_usage_or_that_of_rules() -> None:
    assert {name for name, function in FILE_FUNCTIONS.items() if function.usage is None} <= set(FUNCTIONS)


def test_every_word_of_the_language_is_in_an_example() -> None:
    words = set(re.findall(r"\w+", " ".join(EXAMPLES).lower()))
    assert {*KEYWORDS, *CALLS, "as_of"} <= words
