"""The vocabulary every contract is written in: a column, its type, its unit, what null means.

Belongs here: how one column is described.  Does not belong here: which tables exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import ibis.expr.datatypes as dt


class Type(StrEnum):
    """The closed list of column types; each has one meaning in every table."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    DAY = "day"
    INSTANT = "instant"

    @property
    def ibis(self) -> dt.DataType:
        """The engine type: money is DECIMAL(18,2) in the base currency, instants are UTC."""
        return _IBIS[self]


_IBIS: dict[Type, dt.DataType] = {
    Type.TEXT: dt.string,
    Type.INTEGER: dt.int64,
    Type.NUMBER: dt.float64,
    Type.MONEY: dt.Decimal(18, 2),
    Type.BOOLEAN: dt.boolean,
    Type.DAY: dt.date,
    Type.INSTANT: dt.timestamp,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one table, with all that data dictionary, checks and docs need of it.

    ``unit`` is in words ("days", "base currency", "share 0-1").  ``null_means`` says what an
    empty cell tells the reader; None means the column is never null.  ``minimum`` and
    ``maximum`` are inclusive.  ``ahead`` days may lie after ``as_of``.  In ``free``
    text people write what they like, also about others.  A column that ``decides`` says what its row means: with a word
    nobody knows the row is refused, though the column may be empty.  ``pii`` columns live in schema ``pii`` and nowhere else.
    ``known_at`` names instants of the row: the first that is there says since when the value is known, and before that, or
    without any, it is null in the clean table.  A value without ``known_at`` is known as soon as its row is.
    ``also`` are words with which files say an ``allowed`` one, in lower case without blanks, dots and dashes, each with the
    word it says.  Of a column that is ``nameable`` a project may add to the ``allowed`` words, by names it declares.
    """

    name: str
    type: Type
    description: str
    unit: str | None = None
    null_means: str | None = None
    required: bool = False
    pii: bool = False
    is_key: bool = False
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    ahead: bool = False
    free: bool = False
    decides: bool = False
    known_at: tuple[str, ...] = ()
    also: tuple[tuple[str, str], ...] = ()
    nameable: bool = False


AS_OF = Column("as_of", Type.DAY, "The day of the run; what was known at its end.", "day")
CUSTOMER_ID = Column("customer_id", Type.TEXT, "The customer.", is_key=True)
