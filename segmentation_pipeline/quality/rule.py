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


@dataclass(frozen=True, slots=True)
class Rule:
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

    def arguments_for(self, as_of: date) -> dict[str, object]:
        """The arguments with the run's values filled in."""
        return {name: as_of if value is AS_OF else value for name, value in self.arguments.items()}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the expectation reads, as far as its arguments name them."""
        named: list[str] = [str(self.arguments[k]) for k in ("column", "column_A", "column_B") if k in self.arguments]
        listed = self.arguments.get("column_list")
        if isinstance(listed, list | tuple) and not self.expectation.startswith("expect_table_"):
            named += [str(column) for column in listed]
        return tuple(named)
