"""Rules: boolean conditions an analyst writes, compiled to Ibis and never pasted into SQL.

    frequency >= 3 and days_since(last_order_date) between 90 and 365
    country in ('DE', 'AT') and (clv > 250.00 or rfm_segment = 'champions')
    birth_month = month_of(as_of)

A comparison with an unknown (null) value is neither true nor false, as in SQL; whoever the whole
rule is not surely true for is not in.  ``as_of`` is the day the pipeline runs for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import cast

import ibis.expr.types as ir

from segmentation_pipeline.config.mistakes import Mistake, RuleError
from segmentation_pipeline.config.rule_kinds import BOOLEAN, UNKNOWN
from segmentation_pipeline.config.rule_names import Names
from segmentation_pipeline.config.rule_parts import Part, Scope
from segmentation_pipeline.config.rule_tree import Checker
from segmentation_pipeline.config.rule_words import parse_words
from segmentation_pipeline.contracts.columns import Column

__all__ = ["Rule", "RuleError", "parse_rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A checked rule.  ``columns`` are the columns it reads, in the order they are first named."""

    text: str
    columns: tuple[str, ...]
    _condition: Part = field(repr=False, compare=False)

    def bind(self, table: ir.Table, as_of: date) -> ir.BooleanValue:
        """The condition over the rows of ``table`` on the day ``as_of``: true or false, never null."""
        condition = cast(ir.BooleanValue, self._condition.build(Scope(table, as_of)))
        return condition.fill_null(False)


def parse_rule(
    text: str,
    columns: Mapping[str, Column],
    labels: Mapping[str, Collection[str]] | None = None,
    unavailable: Mapping[str, str] | None = None,
) -> Rule:
    """Check a rule against the columns it may use.

    ``labels`` gives the values a text column can have, beside those its contract allows;
    ``unavailable`` gives the reason why a column is off.  Raises ``RuleError`` with every mistake.

    >>> from segmentation_pipeline.contracts.columns import Type
    >>> parse_rule("frequency >= 3", {"frequency": Column("frequency", Type.INTEGER, "Orders.")}).columns
    ('frequency',)
    >>> parse_rule("frequenzy >= 3", {"frequency": Column("frequency", Type.INTEGER, "Orders.")})
    Traceback (most recent call last):
    ...
    segmentation_pipeline.config.mistakes.RuleError: rule 'frequenzy >= 3': the unknown column 'frequenzy' (character 1); \
expected 'frequency'; did you mean 'frequency'?
    """
    names = Names(columns, labels or {}, unavailable or {})
    checker = Checker(names)
    try:
        tree, mistakes = parse_words(text)
        if tree is None:
            raise RuleError(text, mistakes)
        condition = checker.visit(tree)
    except RecursionError:
        raise RuleError(text, [Mistake("a condition nested too deeply", "a flatter condition")]) from None
    if condition.kind not in (BOOLEAN, UNKNOWN):
        expected = "a condition that is true or false, such as frequency >= 3"
        checker.mistakes.append(Mistake(f"a {condition.kind} as the whole rule", expected))
    if checker.mistakes:
        raise RuleError(text, checker.mistakes)
    return Rule(text, tuple(dict.fromkeys(names.used)), condition)
