"""What a feature family is: one declaration that drives tables, docs, checks and rule names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.features.calendar import Calendar
from segmentation_pipeline.features.trailing import ORDER_EVENTS, BusinessDay, Inside, Trailing


class UndeclaredWindow(Exception):
    """A family's rows depend on the day in a way it does not declare: they would grow stale unseen."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What families may read of the customers a row is made for, all of it known at the end of the run's day.

    The day itself they see through the windows they declare (``inside``); ``as_of`` is for families that say
    themselves whose rows expire.

    ``order_events`` has one row per completed order and per return (``is_order`` tells them
    apart): customer_id, event_date, amount, returned, ordered_at, discount_amount, channel, store_id, category.
    ``order_facts`` is the one pass over it: one row per customer with the ``order_sums`` of every
    family.  ``business_day`` is the business day of an instant.  ``calendar`` has the days of
    occasions and holidays, when the configuration asks for any.  ``sources`` has the clean tables families name
    in ``reads``, those that are configured; ``shared`` has those they name in ``shared``, always whole;
    ``order_line_aggregates`` the stored table they name in ``order_line_aggregate``.
    Tables of sources that are not configured are None.
    """

    day: date
    config: Config
    order_events: ir.Table
    order_facts: ir.Table
    customers: ir.Table | None
    pii: ir.Table | None
    business_day: BusinessDay
    calendar: Calendar | None = None
    sources: Mapping[str, ir.Table] = field(default_factory=dict)
    shared: Mapping[str, ir.Table] = field(default_factory=dict)
    order_line_aggregates: Mapping[str, ir.Table] = field(default_factory=dict)
    family: Family | None = None

    def of(self, family: Family) -> Inputs:
        """The inputs as the family sees them."""
        return replace(self, family=family)

    def inside(self, window: Trailing, rows: ir.Table) -> ir.BooleanValue:
        """Whether a row of the window's source lies in it on the run's day; null where its day is not known.

        Raises ``UndeclaredWindow`` for a window the family does not declare.
        """
        if self.family is None or window not in (*self.family.windows, *self.family.shared_windows):
            raise UndeclaredWindow(f"family '{self._name}' looks at {window}; add it to the family's windows")
        return window.inside(rows, self.day, self.business_day)

    @property
    def as_of(self) -> date:
        """The run's day.  Raises ``UndeclaredWindow`` for a family that does not say whose rows expire."""
        if self.family is None or self.family.expired_between is None:
            raise UndeclaredWindow(f"family '{self._name}' reads as_of; declare windows, or whose rows expire in expired_between")
        return self.day

    @property
    def _name(self) -> str:
        return self.family.name if self.family else "nobody's"


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature column.  ``needs`` names the source columns it is made from, ``source.column``.

    ``is_behaviour`` is False of what neither the shop nor the customer can move: time that passes by itself.
    """

    column: Column
    needs: tuple[str, ...] = ()
    is_behaviour: bool = True


@dataclass(frozen=True, slots=True)
class Family:
    """A set of features computed together.

    ``features`` lists the columns for a configuration.  ``build`` returns one row per customer
    that has them, keyed by ``customer_id``.  ``reads`` names sources beside orders, returns, customers and
    products whose rows each belong to a customer (column ``customer_id``); ``build`` finds their clean
    tables in ``inputs.sources``.  ``shared`` names sources the family needs whole, whoever the row is made
    for: rows about no customer, such as stores, or totals over everybody's.  ``order_line_aggregate`` names a stored
    table about order lines (one of ``ORDER_LINE_AGGREGATES``) that ``build`` finds in ``inputs.order_line_aggregates``.
    ``order_sums`` are aggregates the family wants from the single pass over ``order_events``, where these also have
    ``local_hour`` (0 to 23 by the clock of the business; null for returns and where the source gives the
    day only, which is midnight to the second); ``build`` finds them in ``inputs.order_facts``.  They see the
    day through ``inside`` alone.
    ``off`` gives the reason the whole family cannot work, if any.  ``is_behaviour`` is False of a family that tells who or where
    a customer is or what they think, rather than what was done: nobody is told to become another.

    A customer's row is made anew only when something of the customer changed or expired.  So ``build`` leaves
    out what every day moves for everybody; ``as_of_columns`` makes those columns of the stored row and the
    day.  ``as_of_join`` adds them to the rows where that takes the configuration or the small tables of the
    calendar besides.  ``windows`` are the windows of days that ``build`` and ``order_sums`` look at, over
    ``ORDER_EVENTS`` or a source of ``reads``; from them follows whose row expires with the days.  ``shared_windows`` are those
    over a source of ``shared`` whose leaving rows concern others, as ``changed_by_reference`` tells.
    ``expired_between`` finds the customers whose row differs between two days for another reason, such as
    a birthday: customer_id, from tables of all customers.  ``changed_by_reference`` finds those whose row may
    differ because rows of a shared source came, went, changed or left a window: customer_id, from the tables of
    all customers and the keys of those rows by source.
    """

    name: str
    description: str
    features: Callable[[Config], tuple[Feature, ...]]
    build: Callable[[Inputs], ir.Table]
    reads: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    order_line_aggregate: str | None = None
    order_sums: Callable[[ir.Table, Inside, Config], dict[str, ir.Value]] = field(default=lambda events, inside, config: {})
    windows: tuple[Trailing, ...] = ()
    shared_windows: tuple[Trailing, ...] = ()
    as_of_columns: Callable[[ir.Table, date], dict[str, ir.Value]] = field(default=lambda row, as_of: {})
    as_of_join: Callable[[ir.Table, date, Config, Calendar | None], ir.Table] = field(
        default=lambda rows, as_of, config, calendar: rows
    )
    expired_between: Callable[[Inputs, date, date], ir.Table] | None = None
    changed_by_reference: Callable[[Inputs, Mapping[str, ir.Table]], ir.Table] | None = None
    off: Callable[[Config], str | None] = field(default=lambda config: None)
    is_behaviour: bool = True

    def __post_init__(self) -> None:
        referred = self.shared if self.changed_by_reference else ()
        for windows, sources in ((self.windows, (ORDER_EVENTS, *self.reads)), (self.shared_windows, referred)):
            for window in windows:
                if window.source not in sources:
                    raise UndeclaredWindow(f"family '{self.name}' declares {window}, and reads no such source")


def needs_source(source: str) -> Callable[[Config], str | None]:
    """The ``off`` of a family that cannot work without a source."""
    return lambda config: None if config.has(source) else f"source '{source}' is not configured"


def needs_columns(*columns: str) -> Callable[[Config], str | None]:
    """The ``off`` of a family that cannot work without source columns, ``source.column``."""

    def off(config: Config) -> str | None:
        missing = [column for column in columns if not is_mapped(config, column)]
        return f"needs {', '.join(missing)}, which no source maps" if missing else None

    return off


def is_mapped(config: Config, needed: str) -> bool:
    """Whether ``source.column`` arrives with this configuration."""
    source, column = needed.split(".")
    if source not in config.sources:
        return False
    mapping = config.sources[source]
    if mapping.derive_from:
        return is_mapped(config, f"{mapping.derive_from}.{column}")
    return not mapping.columns or column in mapping.columns


def refunds_told(config: Config) -> bool:
    """Whether orders tell themselves what of them was paid back."""
    orders = config.sources["orders"]
    told_by = config.sources[orders.derive_from] if orders.derive_from else orders
    return "returned_amount" in orders.columns or told_by.negative == "return"


def slug(value: str) -> str:
    """A value as part of a column name: ``Home & Garden`` becomes ``home_garden``.

    >>> slug("Home & Garden")
    'home_garden'
    """
    return "_".join("".join(c if c.isalnum() else " " for c in value.lower()).split())
