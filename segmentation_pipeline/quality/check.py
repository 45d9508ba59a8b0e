"""What a rule is: one expectation on one table, as plain data known before there is any data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Literal

Severity = Literal["error", "warning"]


class RunValue(Enum):
    """A value only a run knows; arguments hold it until then."""

    AS_OF = "as_of"


AS_OF = RunValue.AS_OF


_OF_ROWS = (
    "expect_column_values_",
    "expect_column_value_",
    "expect_column_pair_values_",
    "expect_compound_",
    "expect_multicolumn_",
    "expect_select_",
)
_OF_TYPES = ("expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list")
_COMPARES_ROWS = {
    "expect_column_values_to_be_unique",
    "expect_compound_columns_to_be_unique",
    "expect_column_value_z_scores_to_be_less_than",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One check on one table.

    ``name`` is unique within the table and a valid asset check name.  ``expectation`` and
    ``arguments`` are Great Expectations' own, except for the checks in ``thresholds.py``.  An
    ``error`` stops what depends on the table, a ``warning`` does not.  ``description`` reads as
    "... must ..."; ``catches`` says what mistake the rule finds and what a failing row is.
    """

    name: str
    table: str
    expectation: str
    arguments: Mapping[str, object]
    severity: Severity
    description: str
    catches: str
    column: str | None = None
    key: tuple[str, ...] = ()
    """The columns of the table's own key, where the rule asks that it be unique."""
    optional: frozenset[str] = frozenset()
    """Texts of ``key`` of which one that is empty equals another; rows in which others are empty are not compared."""

    def arguments_for(self, as_of: date) -> dict[str, object]:
        """The arguments with the run's values filled in."""
        return {name: as_of if value is AS_OF else value for name, value in self.arguments.items()}

    @property
    def judges_rows(self) -> bool:
        """Whether a result counts failing rows; other rules measure the table as a whole."""
        return self.expectation.startswith(_OF_ROWS) and self.expectation not in _OF_TYPES

    @property
    def judges_each_row_alone(self) -> bool:
        """Whether rows that passed once pass as long as they stay the same, whatever other rows say.

        True of the table's own key too: rows that share a key change together.
        """
        return bool(self.key) or (self.judges_rows and "mostly" not in self.arguments and not _COMPARES_ROWS & {self.expectation})

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the expectation reads, as far as its arguments name them."""
        named: list[str] = [str(self.arguments[k]) for k in ("column", "column_A", "column_B") if k in self.arguments]
        listed = self.arguments.get("column_list")
        if isinstance(listed, list | tuple) and not self.expectation.startswith("expect_table_"):
            named += [str(column) for column in listed]
        return tuple(named)
