"""A statement by hand counts the same rows as the rule it stands for."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from benchmarks.checks_sql import counts_by_hand
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.rule_templates import allowed, in_range, not_after_as_of, not_null, unique

AS_OF = date(2026, 6, 30)
CHANNEL = Column("channel", Type.TEXT, "Channel.", allowed=("web", "it's"))
AMOUNT = Column("amount", Type.NUMBER, "Amount.", minimum=0, maximum=10)
ROWS = """
    CREATE TABLE shop AS SELECT * FROM (VALUES
        ('a', 1, 'web',   5.0, DATE '2026-06-30'),
        ('a', 1, 'it''s', 11,  DATE '2026-07-01'),
        ('a', 2, 'fax',   -1,  NULL),
        (NULL, 2, NULL,  NULL, DATE '1990-01-01')) t(k, n, channel, amount, event_date)
"""


@pytest.mark.parametrize(
    ("rule", "failing"),
    [
        (not_null("shop", "channel"), 1),
        (unique("shop", ("k",)), 3),
        (unique("shop", ("k", "n")), 2),
        (allowed("shop", CHANNEL), 1),
        (in_range("shop", AMOUNT), 2),
        (not_after_as_of("shop", "event_date"), 1),
    ],
    ids=lambda value: value.name if isinstance(value, Check) else "",
)
def test_failing_rows_are_counted(rule: Check, failing: int) -> None:
    with duckdb.connect() as con:
        con.execute(ROWS)
        assert con.execute(counts_by_hand("shop", [rule], AS_OF)).fetchall() == [(failing,)]


def test_a_kind_nobody_wrote_a_statement_for_is_named() -> None:
    rule = Check("odd", "shop", "expect_column_mean_to_be_between", {"column": "n"}, "error", "", "")
    with pytest.raises(ValueError, match="odd on shop: expect_column_mean_to_be_between"):
        counts_by_hand("shop", [rule], AS_OF)
