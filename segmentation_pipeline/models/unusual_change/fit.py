"""What is expected of customers on a day, from everybody's windows, and how small a probability must be to be told."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.unusual_change.amounts import LEAST_VARIANCE, AmountModel, bin_of, fit_amounts, fit_tail
from segmentation_pipeline.models.unusual_change.counts import CountModel, fit_counts
from segmentation_pipeline.models.unusual_change.customers import ChangeModel, with_probability
from segmentation_pipeline.models.unusual_change.level import leveled_amounts, leveled_counts
from segmentation_pipeline.models.unusual_change.settings import UnusualChangeConfig
from segmentation_pipeline.models.unusual_change.tails import COLUMNS
from segmentation_pipeline.models.unusual_change.windows import (
    MICRO,
    by_customer,
    by_window,
    compared_amounts,
    compared_counts,
    log_mean,
    log_variance,
    orders_per_window,
    whole,
)

_TEN_THOUSANDTHS = 10_000


@dataclass(frozen=True, slots=True)
class FittedChange:
    """The day's model, how many customers could be ``compared``, of how many a change is told, and why nobody is compared."""

    model: ChangeModel
    compared: int
    changed: int
    note: str = ""


def fit_change(
    engine: Engine, events: Mapping[str, ir.Table], customers: ir.Table, as_of: date, settings: UnusualChangeConfig
) -> FittedChange:
    """``events`` by metric (customer_id, event_date, amount), known at the end of ``as_of``; ``customers`` are who is scored.

    Sparse data never raises: where nobody has windows enough, nobody is compared and the note says so.
    """
    with ExitStack() as held:
        rows = {name: held.enter_context(engine.staged(by_window(table, as_of, settings))) for name, table in events.items()}
        windows = {name: held.enter_context(engine.staged(by_customer(table))) for name, table in rows.items()}
        of_counts = {name: _fit_counts(engine, table, settings) for name, table in windows.items()}
        of_amounts = _fit_amounts(engine, rows["orders"], windows["orders"], settings)
        model = ChangeModel(of_counts, of_amounts)
        scored = with_probability(customers.select("customer_id"), windows, model, settings)
        with engine.staged(scored) as scored:
            told = scored.filter(scored.change_p.notnull())
            compared = engine.count(told)
            threshold, changed = discovered(engine, told.change_p, compared, settings.false_alarm_share)
    note = "" if compared else _silent(settings)
    return FittedChange(replace(model, threshold=threshold), compared, changed, note)


def _silent(settings: UnusualChangeConfig) -> str:
    return (
        f"nobody is compared: no customer has {settings.min_windows} windows of {settings.window_days} days between the first "
        "event and the latest window"
    )


def discovered(engine: Engine, p: ir.FloatingColumn, tests: int, share: float) -> tuple[float, int]:
    """The largest probability that is told, and how many are, so that at most ``share`` of them are by chance (Benjamini and
    Hochberg 1995); below 0 where none is.  ``p`` has ``tests`` values."""
    small = p.as_table().rename(p=p.get_name()) if p.get_name() != "p" else p.as_table()
    small = small.filter(small.p <= share)
    ranked = small.mutate(place=ibis.row_number().over(ibis.window(order_by=small.p)) + 1)
    told = ranked.filter(ranked.p * float(max(tests, 1)) <= ranked.place.cast("float64") * share)
    [found] = engine.rows(told.agg(largest=told.p.max(), many=told.place.max()))
    return (-1.0, 0) if found["largest"] is None else (float(found["largest"]), int(found["many"]))


def _fit_counts(engine: Engine, windows: ir.Table, settings: UnusualChangeConfig) -> CountModel | None:
    known = windows.filter(compared_counts(windows, settings))
    n, total, squares = known.windows, known.total, known.squares
    [sums] = engine.rows(
        known.agg(
            windows=n.sum(),
            total=total.sum(),
            pairs=(n * (n - 1)).sum(),
            products=(total * total - squares).sum(),
            squares=((squares - total) * (n - 1)).sum(),
        )
    )
    model = fit_counts(sums)
    if model is None:
        return None
    return leveled_counts(engine, model, windows, settings)


def _fit_amounts(engine: Engine, rows: ir.Table, windows: ir.Table, settings: UnusualChangeConfig) -> AmountModel | None:
    known = windows.filter(compared_amounts(windows, settings))
    variance = log_variance(known.log_sum, known.log_squares, known.spent_windows)
    spread = whole((ibis.greatest(variance, LEAST_VARIANCE) * orders_per_window(known)).ln(), _TEN_THOUSANDTHS)
    spreads = known.select(windows="spent_windows", spread=spread)
    grouped = spreads.group_by("windows").agg(
        customers=spreads.count(), total=spreads.spread.sum(), square=(spreads.spread * spreads.spread).sum()
    )
    model = fit_amounts([_moments(row) for row in engine.rows(grouped.order_by("windows"))])
    if model is None:
        return None
    bins = _distances(engine, rows, known, model)
    seen = sum(sum(side.values()) for side in bins.values())
    low, high = (fit_tail(bins[is_below], seen) for is_below in (True, False))
    return leveled_amounts(engine, replace(model, low=low, high=high), windows, settings)


def _moments(row: Mapping[str, Any]) -> dict[str, float]:
    customers = float(row["customers"])
    return {
        "windows": float(row["windows"]),
        "customers": customers,
        "mean": float(row["total"]) / customers / _TEN_THOUSANDTHS,
        "square": float(row["square"]) / customers / _TEN_THOUSANDTHS**2,
    }


def _distances(engine: Engine, rows: ir.Table, known: ir.Table, model: AmountModel) -> dict[bool, dict[int, int]]:
    """How far earlier windows are from the others of their customer: how many below and above by bin."""
    of_window = rows.filter(rows.log.notnull(), rows.window > 0).inner_join(
        known.select("customer_id", "log_sum", "log_squares", "spent_windows", "windows", "total"), "customer_id"
    )
    each = of_window.filter(of_window.window <= of_window.windows)
    others, left = each.log_sum - each.log, each.spent_windows - 1
    row = {
        "mean": log_mean(others, left),
        "variance": log_variance(others, each.log_squares - each.log * each.log, left),
        "windows": left.cast("float64"),
        "orders": orders_per_window(each),
    }
    distance = model.distance(COLUMNS, each.log.cast("float64") / MICRO, row)
    binned = each.select(is_below=distance < 0, bin=bin_of(COLUMNS, distance).floor().cast("int64"))
    found: dict[bool, dict[int, int]] = {True: {}, False: {}}
    for row in engine.rows(binned.group_by("is_below", "bin").agg(windows=binned.count())):
        found[bool(row["is_below"])][int(row["bin"])] = int(row["windows"])
    return found
