"""Which customers changed: a probability for each metric, one for the customer, and what changed in words.

Belongs here: the arithmetic of the day's rows.  What is expected is in ``counts.py`` and ``amounts.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.models.unusual_change.amounts import AmountModel
from segmentation_pipeline.models.unusual_change.counts import CountModel
from segmentation_pipeline.models.unusual_change.settings import UnusualChangeConfig
from segmentation_pipeline.models.unusual_change.steps import of_table
from segmentation_pipeline.models.unusual_change.windows import (
    MICRO,
    compared_amounts,
    compared_counts,
    log_mean,
    log_variance,
    orders_per_window,
)

P_DIGITS = 9
"""Probabilities that agree so far are equal on every engine."""
SPEND = "spend"


@dataclass(frozen=True, slots=True)
class ChangeModel:
    """By metric what is expected of a customer, None where nobody's windows tell; of whom a probability of at most
    ``threshold`` is told as a change."""

    counts: Mapping[str, CountModel | None]
    amounts: AmountModel | None
    threshold: float = 0.0

    def to_parameters(self) -> dict[str, Any]:
        return {
            "counts": {name: model.to_parameters() if model else None for name, model in self.counts.items()},
            "amounts": self.amounts.to_parameters() if self.amounts else None,
            "threshold": self.threshold,
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> ChangeModel:
        counts = {name: CountModel.from_parameters(of) if of else None for name, of in parameters["counts"].items()}
        amounts = AmountModel.from_parameters(parameters["amounts"]) if parameters["amounts"] else None
        return cls(counts, amounts, parameters["threshold"])


def with_probability(
    customers: ir.Table, windows: Mapping[str, ir.Table], model: ChangeModel, settings: UnusualChangeConfig
) -> ir.Table:
    """``customers`` (customer_id and more) with ``change_p`` and ``change_text``: the probability that any metric of the customer
    changes so much by chance, null where none can be compared, and what changed most.

    ``windows`` has a table of ``by_customer`` for each metric of counts; what is spent is told by the one of orders.
    """
    compared = {name: _counted(windows[name], of, settings) for name, of in model.counts.items() if of}
    if model.amounts:
        compared[SPEND] = _spent(windows["orders"], model.amounts, settings)
    rows = customers
    for name, table in compared.items():
        keyed = table.rename({f"{name}_{column}": column for column in table.columns})
        rows = rows.left_join(keyed, rows.customer_id == keyed[f"{name}_customer_id"])
    if not compared:
        return customers.mutate(change_p=ibis.null("float64"), change_text=ibis.null("string"))
    known = reduce(add, (rows[f"{name}_p"].notnull().cast("int64") for name in compared))
    smallest = ibis.least(*(rows[f"{name}_p"].fill_null(1.0) for name in compared))
    any_p = ibis.ifelse(known > 0, ibis.least(smallest * known, 1.0).round(P_DIGITS), ibis.null("float64"))
    first = ibis.cases(*((rows[f"{name}_p"] == smallest, _words(rows, name, settings)) for name in compared), else_=None)
    return rows.select(*customers.columns, change_p=any_p, change_text=first)


def with_change(
    customers: ir.Table, windows: Mapping[str, ir.Table], model: ChangeModel, settings: UnusualChangeConfig, text: str, p: str
) -> ir.Table:
    """``customers`` with what changed in column ``text``, of whom that is told, and its probability in ``p``."""
    rows = with_probability(customers, windows, model, settings)
    told = ibis.ifelse(rows.change_p <= model.threshold, rows.change_text, ibis.null("string"))
    return rows.select(*customers.columns, **{text: told, p: rows.change_p})


def count_rows(windows: ir.Table, settings: UnusualChangeConfig) -> ir.Table:
    """Who can be compared by counts, with what ``CountModel`` reads."""
    known = windows.filter(compared_counts(windows, settings))
    return known.select(
        "customer_id", **{name: known[name].cast("float64") for name in ("latest", "total", "windows", "previous")}
    )


def amount_rows(windows: ir.Table, settings: UnusualChangeConfig) -> ir.Table:
    """Who can be compared by what was spent, with what ``AmountModel`` reads."""
    known = windows.filter(compared_amounts(windows, settings) & windows.latest_log.notnull())
    numbers = {
        "latest": known.latest_log.cast("float64") / MICRO,
        "previous": known.previous_log.cast("float64") / MICRO,
        "mean": log_mean(known.log_sum, known.spent_windows),
        "variance": log_variance(known.log_sum, known.log_squares, known.spent_windows),
        "windows": known.spent_windows.cast("float64"),
        "orders": orders_per_window(known),
        "amount": known.latest_amount.cast("float64"),
    }
    return known.select("customer_id", **numbers)


def _counted(windows: ir.Table, model: CountModel, settings: UnusualChangeConfig) -> ir.Table:
    """customer_id, ``p``, ``before`` and ``now`` of who can be compared by counts."""
    rows = of_table(count_rows(windows, settings), model.steps())
    before = rows.total / rows.windows
    return rows.select("customer_id", p=_sudden(rows, before, rows.latest), before=before, now="latest")


def _spent(windows: ir.Table, model: AmountModel, settings: UnusualChangeConfig) -> ir.Table:
    """The same by what was spent in windows with orders."""
    rows = of_table(amount_rows(windows, settings), model.steps())
    return rows.select("customer_id", p=_sudden(rows, rows["mean"], rows.latest), before=rows["mean"].exp(), now="amount")


def _sudden(rows: ir.Table, before: ir.Value, now: ir.Value) -> ir.FloatingValue:
    """The probability on both sides; 1 where the window before lies as far out already, or nothing went that way but everybody
    went the other."""
    low, high, middle = rows.low, rows.high, (before + now) / 2.0
    fell = (low <= high) & (now < before) & (rows.previous > middle).fill_null(True)
    rose = (high < low) & (now > before) & (rows.previous < middle).fill_null(True)
    return ibis.ifelse(fell | rose, ibis.least(ibis.least(low, high) * 2.0, 1.0), 1.0)


def _words(rows: ir.Table, name: str, settings: UnusualChangeConfig) -> ir.StringValue:
    """``orders fell from 4.2 to 0 a month``."""
    was, is_now = rows[f"{name}_before"], rows[f"{name}_now"]
    decimals = 0 if name == SPEND else 1
    before = was.round(decimals).cast(f"decimal(18, {decimals})").cast("string")
    now = is_now.round().cast("decimal(18, 0)").cast("string")
    went = ibis.ifelse(is_now < was, f"{name} fell from ", f"{name} rose from ")
    return went + before + " to " + now + f" {per_window(settings.window_days)}"


def per_window(days: int) -> str:
    """The length of a window in words.

    >>> per_window(30), per_window(90)
    ('a month', 'in 90 days')
    """
    return {7: "a week", 28: "a month", 30: "a month", 31: "a month"}.get(days, f"in {days} days")
