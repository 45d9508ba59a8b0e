"""Windows around each customer's own birthday, worked out inside the engine: birth dates stay in schema ``pii``.

A window begins ``days_before`` the birthday and ends ``days_after`` it.  Who was born on 29 February
celebrates on 1 March where that day is missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import BirthdayOccasion


@dataclass(frozen=True, slots=True)
class Birthday:
    """The birthday windows of rows with a ``birth_date``."""

    born: ir.DateValue
    occasion: BirthdayOccasion

    @property
    def length(self) -> int:
        """Days of one window."""
        return self.occasion.days_before + 1 + self.occasion.days_after

    def since(self, day: ir.DateValue) -> ir.DateValue:
        """First day of the window ``day`` is in; null outside."""
        begun = self._begun(day, self._latest_year(day))
        return ibis.ifelse(_days(begun, day) < self.length, begun, ibis.null("date"))

    def days_upto(self, day: ir.DateValue) -> ir.IntegerValue:
        """Days in windows up to ``day``, counted from some day long before; only differences mean something."""
        year = self._latest_year(day)
        return (year * self.length + ibis.least(_days(self._begun(day, year), day) + 1, self.length)).cast("int64")

    def _latest_year(self, day: ir.DateValue) -> ir.IntegerValue:
        """The year of the birthday whose window was the last to begin, ``day`` included: windows are shorter than a year."""
        year = day.year()
        return ibis.cases((self._begun(day, year + 1) <= day, year + 1), (self._begun(day, year) <= day, year), else_=year - 1)

    def _begun(self, day: ir.DateValue, year: ir.IntegerValue) -> ir.DateValue:
        """The first day of the window around the birthday of ``year``."""
        first_of_month = ibis.date(year, self.born.month(), 1)
        begun = first_of_month + (self.born.day() - 1 - self.occasion.days_before).as_interval("D")
        # DuckDB makes an instant of it, which Ibis takes for a day: a cast to a day alone it would leave out.
        return begun.cast("timestamp").date()


def _days(earlier: ir.DateValue, later: ir.DateValue) -> ir.IntegerValue:
    return later.delta(earlier, unit="day").cast("int64")
