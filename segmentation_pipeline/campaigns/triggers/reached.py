"""On which day a customer's running sum came to an amount."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.triggers.trigger import Inputs


def reached(daily: ir.Table, inputs: Inputs, amount: ir.Value, days: int | None) -> ir.Table:
    """customer_id and ``trigger_on``: at whose end the sum came to ``amount``, and at the end of the day before had not.

    ``daily`` is customer_id, ``day`` and ``value``, a row per customer and day at most.  The sum is over the last ``days``
    days, the day included (None: all of them).
    """
    lately = daily.filter(inputs.asked(daily.day)).select("customer_id", trigger_on="day")
    pairs = lately.inner_join(daily, "customer_id")
    pairs = pairs.mutate(age=pairs.trigger_on.delta(pairs.day, unit="day").cast("int64"))
    pairs = pairs.filter(pairs.age >= 0) if days is None else pairs.filter(pairs.age.between(0, days))
    at_end = ibis.literal(True) if days is None else pairs.age < days
    sums = pairs.group_by("customer_id", "trigger_on").agg(
        sum_then=pairs.value.sum(where=at_end), sum_before=pairs.value.sum(where=pairs.age > 0)
    )
    came = (sums.sum_then >= amount) & (sums.sum_before < amount).fill_null(True)
    return sums.filter(came).select("customer_id", "trigger_on")
