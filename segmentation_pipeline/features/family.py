"""What a feature family is: one declaration that drives tables, docs, checks and rule names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.features.calendar import Calendar


@dataclass(frozen=True, slots=True)
class Inputs:
    """What families may read of the customers a row is made for, all of it known at the end of ``as_of``.

    ``order_events`` has one row per completed order and per return (``is_order`` tells them
    apart): customer_id, event_date, amount, returned, ordered_at, discount_amount, channel, store_id, category.
    ``order_facts`` is the one pass over it: one row per customer with the ``order_sums`` of every
    family.  ``business_day`` is the business day of an instant.  ``calendar`` has the days of
    occasions and holidays, when the configuration asks for any.  ``sources`` has the clean tables families name
    in ``reads``, those that are configured; ``shared`` has those they name in ``shared``, always whole;
    ``goods`` the stored tables they name in ``goods``.
    Tables of sources that are not configured are None.
    """

    as_of: date
    config: Config
    order_events: ir.Table
    order_facts: ir.Table
    customers: ir.Table | None
    pii: ir.Table | None
    business_day: Callable[[ir.TimestampValue], ir.DateValue]
    calendar: Calendar | None = None
    sources: Mapping[str, ir.Table] = field(default_factory=dict)
    shared: Mapping[str, ir.Table] = field(default_factory=dict)
    goods: Mapping[str, ir.Table] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature column.  ``needs`` names the source columns it is made from, ``source.column``."""

    column: Column
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """A set of features computed together.

    ``features`` lists the columns for a configuration.  ``build`` returns one row per customer
    that has them, keyed by ``customer_id``.  ``reads`` names sources beside orders, returns, customers and
    products whose rows each belong to a customer (column ``customer_id``); ``build`` finds their clean
    tables in ``inputs.sources``.  ``shared`` names sources the family needs whole, whoever the row is made
    for: rows about no customer, such as stores, or totals over everybody's.  ``goods`` names a stored table
    about order lines (``goods.GOODS``) that ``build`` finds in ``inputs.goods``.  ``order_sums`` are
    aggregates the family wants from the single pass over ``order_events``, where these also have
    ``local_hour`` (0 to 23 by the clock of the business; null for returns and where the source gives the
    day only, which is midnight to the second); ``build`` finds them in ``inputs.order_facts``.
    ``off`` gives the reason the whole family cannot work, if any.

    A customer's row is made anew only when something of the customer changed.  So ``build`` leaves
    out what every day moves for everybody; ``as_of_columns`` makes those columns of the stored row and the
    day.  ``as_of_join`` adds them to the rows where that takes the configuration or the small tables of the
    calendar besides.  ``expired_between`` finds the customers whose row differs between two days though nothing
    happened, such as those whose order has left a window: customer_id, from tables of all customers.
    ``changed_by_reference`` finds those whose row may differ because rows of a shared source came, went or
    changed: customer_id, from the tables of all customers and the keys of those rows by source.
    """

    name: str
    description: str
    features: Callable[[Config], tuple[Feature, ...]]
    build: Callable[[Inputs], ir.Table]
    reads: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    goods: str | None = None
    order_sums: Callable[[ir.Table, date, Config], dict[str, ir.Value]] = field(default=lambda events, as_of, config: {})
    as_of_columns: Callable[[ir.Table, date], dict[str, ir.Value]] = field(default=lambda row, as_of: {})
    as_of_join: Callable[[ir.Table, date, Config, Calendar | None], ir.Table] = field(
        default=lambda rows, as_of, config, calendar: rows
    )
    expired_between: Callable[[Inputs, date, date], ir.Table] | None = None
    changed_by_reference: Callable[[Inputs, Mapping[str, ir.Table]], ir.Table] | None = None
    off: Callable[[Config], str | None] = field(default=lambda config: None)


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
