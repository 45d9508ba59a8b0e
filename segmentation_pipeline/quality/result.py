"""The outcome of one rule on one table, and how it is told to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segmentation_pipeline.quality.check import Check

MAX_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule found.

    ``checked_rows`` is null-safe: all rows of the table the rule looked at.  ``unexpected_count``
    and ``unexpected_share`` (0 to 1) are of failing rows, 0 for rules about the table as a whole.
    ``observed`` is what such a rule measured, as text.  ``examples`` are up to five failing rows
    with provenance, key and offending value, without personal data.
    """

    rule: Check
    passed: bool
    checked_rows: int
    unexpected_count: int
    unexpected_share: float
    observed: str | None
    examples: tuple[Mapping[str, object], ...]
    message: str


def row_result(rule: Check, passed: bool, rows: int, unexpected: int, examples: Sequence[Mapping[str, object]]) -> RuleResult:
    """The result of a rule that judges row by row."""
    share = round(unexpected / rows, 6) if rows else 0.0
    counted = f"{unexpected} of {rows} rows fail" if unexpected else f"all {rows} rows pass"
    example = f", for example {_told(examples[0], rule)}" if examples else ""
    within = ", which is within the share allowed" if passed and unexpected else ""
    message = f"{rule.table}: {rule.description}: {counted}{within}{example}"
    return RuleResult(rule, passed, rows, unexpected, share, None, tuple(examples), message)


def table_result(rule: Check, passed: bool, rows: int, observed: str | None) -> RuleResult:
    """The result of a rule that judges the table as a whole."""
    verdict = "holds" if passed else "does not hold"
    message = f"{rule.table}: {rule.description}: {verdict}" + (f", found {observed}" if observed is not None else "")
    return RuleResult(rule, passed, rows, 0, 0.0, observed, (), message)


def could_not_check(rule: Check, rows: int, reason: str) -> RuleResult:
    """A rule that could not be judged counts as failed."""
    return RuleResult(rule, False, rows, 0, 0.0, None, (), f"{rule.table}: {rule.description}: could not be checked: {reason}")


def _told(row: Mapping[str, object], rule: Check) -> str:
    """``data/raw/orders.csv row 812 (order_id O123: amount = -5)``."""
    place = f"{row['_file']} row {row['_row']}" if row.get("_file") is not None else ""
    values = [name for name in rule.columns if name in row]
    # On one line, whatever a key holds: what tells examples apart ends with the line.
    row = {name: value if value is None else " ".join(str(value).split()) for name, value in row.items()}
    key = ", ".join(f"{name} {row[name]}" for name in row if name not in ("_file", "_row", *values))
    found = ", ".join(f"{name} = {'empty' if row[name] is None else row[name]}" for name in values)
    inside = ": ".join(part for part in (key, found) if part)
    return f"{place} ({inside})" if place and inside else place or inside
