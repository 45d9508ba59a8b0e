"""Rules: boolean conditions an analyst writes, compiled to Ibis and never pasted into SQL.

    frequency >= 3 and days_since(last_order_date) between 90 and 365
    country in ('DE', 'AT') and (clv > 250.00 or rfm_segment = 'champions')
    last_order_date < as_of - 90 days and in_season(as_of, '11-15', '12-24')
    count(orders, 90) >= 3 and total(orders.amount, 365) > 500 and count(email_events, 30, event = 'click') = 0
    lifecycle = 'at_risk' or in_segment(support_experience, 'troubled', 'waiting')

A comparison with an unknown (null) value is neither true nor false, as in SQL; whoever the whole
rule is not surely true for is not in.  ``as_of`` is the day the pipeline runs for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from segmentation_pipeline.config.diagnostics import RuleDiagnostic, RuleError
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.rules.compiler import Checker
from segmentation_pipeline.rules.lexer import parse_words, read_words
from segmentation_pipeline.rules.ranges import empty_ranges
from segmentation_pipeline.rules.symbol_table import SymbolTable
from segmentation_pipeline.rules.typed_expr import Calculation, Predicate, TypedExpr
from segmentation_pipeline.rules.value_kinds import BOOLEAN, DOUBLE, UNKNOWN
from segmentation_pipeline.rules.windows import Call, event_columns

__all__ = ["Calculation", "Predicate", "RuleError", "parse_calculation", "parse_rule"]

_CONDITION = "a condition that is true or false, such as frequency >= 3"
_NUMBER = "a number, such as 0.03 * expected_order_value"


def parse_rule(
    text: str,
    columns: Mapping[str, Column],
    labels: Mapping[str, Collection[str]] | None = None,
    unavailable: Mapping[str, str] | None = None,
    segmentations: Mapping[str, Mapping[str, Predicate]] | None = None,
) -> Predicate:
    """Check a rule against the columns it may use.

    ``labels`` gives the values a text column can have, beside those its contract allows;
    ``unavailable`` gives the reason why a column is off; ``segmentations`` are those ``in_segment``
    may ask for, with a rule per segment where membership is no column.  Raises ``RuleError`` with every mistake.

    >>> from segmentation_pipeline.contracts.columns import Type
    >>> parse_rule("frequency >= 3", {"frequency": Column("frequency", Type.INTEGER, "Orders.")}).columns
    ('frequency',)
    >>> parse_rule("frequenzy >= 3", {"frequency": Column("frequency", Type.INTEGER, "Orders.")})
    Traceback (most recent call last):
    ...
    segmentation_pipeline.config.diagnostics.RuleError: rule 'frequenzy >= 3': the unknown column 'frequenzy' (character 1); \
expected 'frequency'; did you mean 'frequency'?
    """
    condition, names = _checked(text, columns, labels, unavailable, segmentations, (BOOLEAN.name, _CONDITION))
    return Predicate(text, names, condition)


def parse_calculation(
    text: str,
    columns: Mapping[str, Column],
    labels: Mapping[str, Collection[str]] | None = None,
    unavailable: Mapping[str, str] | None = None,
    segmentations: Mapping[str, Mapping[str, Predicate]] | None = None,
) -> Calculation:
    """Check a calculation of one number, in the words of rules, against the columns it may use.

    Arguments as of ``parse_rule``.  Raises ``RuleError`` with every mistake.

    >>> from segmentation_pipeline.contracts.columns import Type
    >>> parse_calculation("0.03 * clv", {"clv": Column("clv", Type.MONEY, "Value.")}).columns
    ('clv',)
    """
    number, names = _checked(text, columns, labels, unavailable, segmentations, (DOUBLE.name, _NUMBER))
    return Calculation(text, names, number)


def _checked(
    text: str,
    columns: Mapping[str, Column],
    labels: Mapping[str, Collection[str]] | None,
    unavailable: Mapping[str, str] | None,
    segmentations: Mapping[str, Mapping[str, Predicate]] | None,
    wanted: tuple[str, str],
) -> tuple[TypedExpr, tuple[str, ...]]:
    """What the text means, which must be of the wanted kind (its name, and what is expected in words), and what it names."""
    inside = {call.window.name: wrong for call in read_words(text).windows if (wrong := _wrong_condition(call))}
    # What is wrong inside a window is told once: to the rule around it the window is there.
    there = {**columns, **{name: Column(name, Type.INTEGER, "") for name in inside}}
    names = SymbolTable(there, labels or {}, unavailable or {}, segmentations or {})
    checker = Checker(names)
    checker.mistakes += [mistake for wrong in inside.values() for mistake in wrong]
    try:
        tree, mistakes = parse_words(text)
        if tree is None:
            raise RuleError(text, [*mistakes, *checker.mistakes])
        part = checker.visit(tree)
    except RecursionError:
        raise RuleError(text, [RuleDiagnostic("a condition nested too deeply", "a flatter condition")]) from None
    if not checker.mistakes:
        checker.mistakes += empty_ranges(tree)
    kind, expected = wanted
    if part.kind != UNKNOWN and part.kind.name != kind:
        checker.mistakes.append(RuleDiagnostic(f"a {part.kind} as the whole rule", expected))
    if checker.mistakes:
        raise RuleError(text, checker.mistakes)
    return part, tuple(dict.fromkeys(names.used))


def _wrong_condition(call: Call) -> list[RuleDiagnostic]:
    """What is wrong with the condition of a window, with its place in the whole rule."""
    if call.condition is None:
        return []
    try:
        parse_rule(call.condition, event_columns(call.window.source))
    except RuleError as error:
        return [replace(mistake, position=call.condition_start + (mistake.position or 1)) for mistake in error.mistakes]
    return []
