"""What a customer did in the latest window of days and in each of the earlier ones, back to the first event.

The window with the first event is left out: it has that event because the customer began, and begins before that.  So a customer
has as many earlier windows as lie wholly after the first event.  Sums are of whole numbers: the order of rows plays no part.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.models.unusual_change.settings import UnusualChangeConfig

MICRO = 1_000_000
"""Logarithms are added up in millionths."""


def by_window(events: ir.Table, as_of: date, settings: UnusualChangeConfig) -> ir.Table:
    """One row per customer and window with events: ``window`` (0 is the latest, up to ``as_of``), ``count``, ``amount`` and
    ``log``, its logarithm in millionths, null where nothing was spent.

    ``events`` (customer_id, event_date, amount) are known at the end of ``as_of``.  Windows before the last one that is compared
    are one.
    """
    age = ibis.literal(as_of).delta(events.event_date, unit="day").cast("int64")
    window = ibis.least((age / settings.window_days).floor().cast("int64"), settings.windows + 1)
    rows = events.group_by("customer_id", window=window).agg(count=events.count(), amount=events.amount.sum())
    spent = rows.amount.cast("float64")
    log = ibis.ifelse(spent > 0, (ibis.greatest(spent, 0.01).ln() * MICRO).round().cast("int64"), ibis.null("int64"))
    return rows.mutate(log=log)


def by_customer(rows: ir.Table) -> ir.Table:
    """One row per customer of ``by_window``: what the models of counts and amounts ask of it.

    ``windows`` earlier windows, ``total`` events in them and ``squares`` of their counts; ``latest`` and ``previous`` count.
    ``spent_windows`` of them with something spent, ``log_sum`` and ``log_squares`` of these; ``latest_log``, ``previous_log``,
    ``latest_amount``.
    """
    is_latest, is_earlier = rows.window == 0, rows.window > 0
    spent = is_earlier & rows.log.notnull()
    kept = rows.group_by("customer_id").agg(
        oldest=rows.window.max(),
        count_of_oldest=rows["count"].argmax(rows.window),
        # The logarithm itself may be null, which argmax would pass over.
        log_of_oldest=rows.log.fill_null(0).argmax(rows.window),
        spent_in_oldest=rows.log.notnull().cast("int64").argmax(rows.window),
        total=rows["count"].sum(where=is_earlier).fill_null(0),
        squares=(rows["count"] * rows["count"]).sum(where=is_earlier).fill_null(0),
        latest=rows["count"].sum(where=is_latest).fill_null(0),
        previous=rows["count"].sum(where=rows.window == 1).fill_null(0),
        spent_windows=rows.count(where=spent),
        log_sum=rows.log.sum(where=spent).fill_null(0),
        log_squares=(rows.log * rows.log).sum(where=spent).fill_null(0),
        latest_log=rows.log.max(where=is_latest),
        previous_log=rows.log.max(where=rows.window == 1),
        latest_amount=rows.amount.max(where=is_latest),
    )
    whole = {
        "windows": kept.oldest - 1,
        "total": kept.total - kept.count_of_oldest,
        "squares": kept.squares - kept.count_of_oldest * kept.count_of_oldest,
        "latest": kept.latest,
        "previous": kept.previous,
        "spent_windows": kept.spent_windows - kept.spent_in_oldest,
        "log_sum": kept.log_sum - kept.log_of_oldest,
        "log_squares": kept.log_squares - kept.log_of_oldest * kept.log_of_oldest,
        "latest_log": kept.latest_log,
        "previous_log": kept.previous_log,
    }
    return kept.select("customer_id", "latest_amount", **{name: value.cast("int64") for name, value in whole.items()})


def compared_counts(customers: ir.Table, settings: UnusualChangeConfig) -> ir.BooleanValue:
    """Whether a customer has enough earlier windows."""
    return (customers.windows >= settings.min_windows).fill_null(False)


def compared_amounts(customers: ir.Table, settings: UnusualChangeConfig) -> ir.BooleanValue:
    """Whether a customer has spent something in enough earlier windows."""
    return compared_counts(customers, settings) & (customers.spent_windows >= settings.min_windows)


def log_mean(log_sum: ir.Value, windows: ir.Value) -> ir.FloatingValue:
    """The mean of logarithms from their sum in millionths."""
    return log_sum.cast("float64") / MICRO / windows.nullif(0)


def log_variance(log_sum: ir.Value, log_squares: ir.Value, windows: ir.Value) -> ir.FloatingValue:
    """Their variance (with n - 1) from the sums of them and of their squares."""
    total = log_sum.cast("float64")
    around = (log_squares.cast("float64") - total * total / windows.nullif(0)) / (MICRO * MICRO)
    return ibis.greatest(around, 0.0) / (windows - 1).nullif(0)


def orders_per_window(customers: ir.Table) -> ir.FloatingValue:
    """Orders of a customer in an earlier window with something spent, at least 1."""
    return ibis.greatest(customers.total.cast("float64") / customers.spent_windows.nullif(0), 1.0)


def whole(value: ir.FloatingValue, per_unit: int) -> ir.IntegerValue:
    """In whole parts of a unit, which add up to the same in every order."""
    return (value * per_unit).round().cast("int64")
