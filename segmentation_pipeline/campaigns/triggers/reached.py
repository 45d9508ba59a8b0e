"""On which day a customer's running sum came to an amount."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.triggers.trigger import Inputs


def days_of(events: ir.Table, inputs: Inputs) -> ir.Table:
    """customer_id and ``trigger_on``, once: the days of ``events`` among those asked for."""
    lately = events.filter(inputs.asked(events.event_date), events.customer_id.notnull())
    return lately.select("customer_id", trigger_on="event_date").distinct()


def reached(daily: ir.Table, lately: ir.Table, amount: ir.Value, days: int | None) -> ir.Table:
    """The rows of ``lately`` (``days_of``) at whose end the sum came to ``amount``, and at the end of the day before had not.

    ``daily`` is customer_id, ``day`` and ``value``, a row per customer and day at most.  The sum is over the last ``days``
    days, the day included (None: all of them).
    """
    pairs = lately.inner_join(daily, "customer_id")
    pairs = pairs.mutate(age=pairs.trigger_on.delta(pairs.day, unit="day").cast("int64"))
    pairs = pairs.filter(pairs.age >= 0) if days is None else pairs.filter(pairs.age.between(0, days))
    at_end = ibis.literal(True) if days is None else pairs.age < days
    sums = pairs.group_by("customer_id", "trigger_on").agg(
        sum_then=pairs.value.sum(where=at_end), sum_before=pairs.value.sum(where=pairs.age > 0)
    )
    came = (sums.sum_then >= amount) & (sums.sum_before < amount).fill_null(True)
    return sums.filter(came).select("customer_id", "trigger_on")
