"""What a run may leave as the last complete run made it: everything no change has touched.

A step that changed its table notes the keys it touched; the steps after it redo those keys and
leave the other rows alone.  Whoever finds nothing noted makes everything anew, so a step that is
run by itself, or after a run that failed, is never wrong, only slower.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import ibis.expr.types as ir


@dataclass
class ChangeSet:
    """The changes of one run.

    ``since``: the ``as_of`` day of the last complete run, when its tables were made by the same
    program and configuration and may be built on; None when everything is made anew.
    """

    since: date | None = None
    _touched: dict[str, ir.Table] = field(default_factory=dict)

    def note(self, table: str, keys: ir.Table) -> None:
        """``keys`` holds the key columns of every row of ``table`` that came, went or changed."""
        self._touched[table] = keys

    def touched(self, table: str) -> ir.Table | None:
        """The keys noted for ``table``; None when all of it may have changed."""
        return None if self.since is None else self._touched.get(table)

    def all_touched(self, *tables: str) -> list[ir.Table] | None:
        """The keys noted for each of ``tables``; None when all of one may have changed."""
        found = [self.touched(table) for table in tables]
        return [keys for keys in found if keys is not None] if None not in found else None

    def span(self, as_of: date) -> tuple[date, date]:
        """The earlier and the later of ``since`` and ``as_of``: days may be run in any order."""
        assert self.since is not None
        return min(self.since, as_of), max(self.since, as_of)


EVERYTHING = ChangeSet()
"""Nothing may be built on; the default of whoever is not told of changes."""
