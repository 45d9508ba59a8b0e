"""Customer lifetime value: expected order days within a horizon times expected value of each.

All times are whole days, never rounded to weeks.  An order day counts once however many orders it
holds.  x = order days after the first, T = days from the first order to ``as_of``, t_x = days from
the first to the last.

Belongs here: putting the two models together, scoring.  Which model of purchases is credible and best is decided in
``purchase_models``; where none is, nobody has a lifetime value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import ClvConfig
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.labels import ClvModelKind
from segmentation_pipeline.contracts.scores import NOT_CREDIBLE
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.hash_sampling import bounded_sample
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.bgnbd import BgNbd
from segmentation_pipeline.models.calibration import Bin
from segmentation_pipeline.models.clv_holdout import Holdout, read_holdout
from segmentation_pipeline.models.gamma_gamma import GammaGamma
from segmentation_pipeline.models.historical_rate import HistoricalRate
from segmentation_pipeline.models.nbd import Nbd
from segmentation_pipeline.models.order_value import MIN_REPEATERS, MeanValue, expected_order_value, fit_order_value
from segmentation_pipeline.models.pareto_nbd import ParetoNbd
from segmentation_pipeline.models.purchase_history import History
from segmentation_pipeline.models.purchase_models import Metrics, Purchases, choose

SCORE_DIGITS = 6
"""Enough for ranking, few enough that engines with other mathematical libraries agree."""

_PURCHASES: dict[str, type[Purchases]] = {
    ClvModelKind.BG_NBD.value: BgNbd,
    ClvModelKind.PARETO_NBD.value: ParetoNbd,
    ClvModelKind.NBD.value: Nbd,
    ClvModelKind.HISTORICAL_RATE.value: HistoricalRate,
}
_VALUES: dict[str, type[GammaGamma] | type[MeanValue]] = {"gamma_gamma": GammaGamma, "mean_value": MeanValue}


_AHEAD = {"x": "int64", "T": "int64", "while_alive": "float64"}


@dataclass(frozen=True, slots=True)
class ClvModel:
    """What scoring needs (``horizon_days``, ``purchases``, ``value``) and how it came about.

    ``purchases`` is None where no model is credible.  ``note`` says why it is none in which
    customers leave; empty when all is well.
    """

    horizon_days: int
    purchases: Purchases | None
    value: GammaGamma | MeanValue
    training_rows: int = 0
    trained_from: date | None = None
    trained_to: date | None = None
    metrics: Metrics = field(default_factory=dict)
    note: str = ""
    calibration: tuple[Bin, ...] = ()

    @property
    def kind(self) -> str:
        """How purchases are counted, or ``NOT_CREDIBLE``."""
        return NOT_CREDIBLE if self.purchases is None else _kind_of(self.purchases, _PURCHASES)

    def to_parameters(self) -> dict[str, Any]:
        return {
            "horizon_days": self.horizon_days,
            "purchases": {"kind": self.kind, **(self.purchases.to_parameters() if self.purchases else {})},
            "value": {"kind": _kind_of(self.value, _VALUES), **self.value.to_parameters()},
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> ClvModel:
        """A model that scores like the one the parameters came from."""
        return cls(
            parameters["horizon_days"],
            None if parameters["purchases"]["kind"] == NOT_CREDIBLE else _of_kind(parameters["purchases"], _PURCHASES),
            _of_kind(parameters["value"], _VALUES),
        )


def fit_clv(engine: Engine, features: ir.Table, orders: ir.Table, as_of: date, config: ClvConfig, salt: str) -> ClvModel:
    """Fit on all history up to ``as_of`` the value model, and the model of purchases that foretold its last days best.

    ``features``: customer_id, order_days, recency_days, tenure_days, first_order_date, monetary.
    ``orders``: completed orders with customer_id and event_date.  Both models see a hash sample of at
    most about ``config.sample_size`` customers.  A value model that is not credible is replaced by the mean; without a
    credible model of purchases, or a later period to judge them by, there is none, and ``note`` says why.  This never
    raises for sparse data.
    """
    value, value_metrics, value_refused = fit_order_value(engine, features, config, salt)
    buyers = features.filter(features.order_days > 0)
    sample = bounded_sample(buyers, "customer_id", salt, config.sample_size, engine.count(buyers))
    with engine.staged(
        sample.select("customer_id", "order_days", "recency_days", "tenure_days", "first_order_date")
    ) as customers:
        history, first_day = _history(engine, customers)
        of_them = orders.semi_join(customers, "customer_id")
        holdout = read_holdout(engine, of_them, as_of, config.calibration_holdout_days)
    if history is None:
        return ClvModel(config.horizon_days, None, value, note="no customer has orders")
    notes = [f"order value is the shrunk mean: {value_refused}"] if value_refused else []
    metrics: Metrics = {"customers": int(history.weights.sum()), "repeat_customers": _repeaters(history)}
    purchases: Purchases | None = None
    calibration: tuple[Bin, ...] = ()
    if holdout is None or (reason := _untestable(holdout, config)):
        missing = f"nobody ordered before the last {config.calibration_holdout_days} days" if holdout is None else reason
        notes.insert(0, f"no lifetime value, for no model could be judged on a later period: {missing}")
    else:
        chosen = choose(history, holdout, config.horizon_days)
        purchases, metrics, calibration = chosen.purchases, metrics | chosen.metrics, chosen.calibration
        refused = [f"{kind}: {reason}" for kind, reason in chosen.refused.items()]
        if refused and purchases is None:
            notes.insert(0, f"no lifetime value, for no model of purchases is credible: {', '.join(refused)}")
        elif chosen.kind not in (ClvModelKind.BG_NBD, ClvModelKind.PARETO_NBD):
            better = f"it foretold the last {holdout.days} days less well"
            notes.insert(0, f"{chosen.kind} instead of BG/NBD: {chosen.refused.get(ClvModelKind.BG_NBD, better)}")
    return ClvModel(
        config.horizon_days,
        purchases,
        value,
        int(history.weights.sum()),
        first_day,
        as_of,
        metrics | value_metrics,
        "; ".join(notes),
        calibration,
    )


def purchases_ahead(engine: Engine, features: ir.Table, model: ClvModel) -> ir.Table:
    """What depends on (x, T) alone, worked out once per distinct pair: x, T, ``while_alive`` (order
    days expected within ``horizon_days`` of a customer who is alive), for ``with_clv`` to join.
    Without a credible model there is nothing to expect and no row."""
    if model.purchases is None:
        return engine.memtable({name: [] for name in _AHEAD}, _AHEAD)
    pairs = arrays(engine, _counted(features).select("x", "T").distinct())
    while_alive = model.purchases.expected_while_alive(float(model.horizon_days), pairs["x"], pairs["T"])
    return engine.memtable({"x": pairs["x"].tolist(), "T": pairs["T"].tolist(), "while_alive": while_alive.tolist()}, _AHEAD)


def with_clv(features: ir.Table, model: ClvModel, ahead: ir.Table) -> ir.Table:
    """``features`` with clv_model, p_alive, expected_orders, expected_order_value and clv; null without orders, and all
    but expected_order_value null for everybody where no model of purchases is credible.

    ``ahead`` is what ``purchases_ahead`` made of the same features.  expected_orders counts order
    days in the next ``horizon_days``; money is in the base currency and not discounted.
    """
    ahead = ahead.rename(x_ahead="x", T_ahead="T")
    known = features.mutate(**_history_columns(features))
    known = known.left_join(ahead, (known._x == ahead.x_ahead) & (ahead.T_ahead == known._T))
    spent = ibis.greatest(known.monetary, ibis.literal(0).cast(known.monetary.type()))
    if model.purchases is None:
        kind, p_alive = ibis.null("string"), ibis.null("float64")
    else:
        kind = ibis.literal(model.kind)
        p_alive = model.purchases.probability_alive_expression(known._x, known._t_x, known._T)
    expected = p_alive * known.while_alive
    order_value = expected_order_value(model.value, known.order_days, spent)
    scores = {
        "clv_model": kind,
        "p_alive": p_alive.round(SCORE_DIGITS),
        "expected_orders": expected.round(SCORE_DIGITS),
        "expected_order_value": order_value.round(2).cast(Type.MONEY.ibis),
        "clv": (expected * order_value).round(2).cast(Type.MONEY.ibis),
    }
    bought = known.order_days > 0
    return known.select(
        *features.columns, **{name: ibis.ifelse(bought, score, ibis.null(score.type())) for name, score in scores.items()}
    )


def _history_columns(features: ir.Table) -> dict[str, ir.Value]:
    """_x, _t_x and _T of a customer with orders."""
    return {
        "_x": (features.order_days - 1).cast("int64"),
        "_T": features.tenure_days.cast("int64"),
        "_t_x": (features.tenure_days - features.recency_days).cast("int64"),
    }


def _counted(features: ir.Table) -> ir.Table:
    """x, t_x and T of every customer with orders."""
    buyers = features.filter(features.order_days > 0)
    return buyers.select(**{name.removeprefix("_"): value for name, value in _history_columns(buyers).items()})


def _history(engine: Engine, buyers: ir.Table) -> tuple[History | None, date | None]:
    """Counts of equal histories of customers with orders, and the first order day of all; None without."""
    counted = _counted(buyers)
    columns = arrays(engine, counted.group_by("x", "t_x", "T").aggregate(weights=counted.count()))
    if not columns["x"].size:
        return None, None
    first = engine.rows(buyers.aggregate(first=buyers.first_order_date.min()))[0]["first"]
    return History.of(**columns), cast(date, first)


def _untestable(holdout: Holdout, config: ClvConfig) -> str:
    """Why the holdout says nothing, or ''."""
    days = config.calibration_holdout_days
    if holdout.longest_tenure < days:
        return f"the history before the last {days} days is shorter than {days} days"
    if holdout.customers < config.min_customers:
        return f"{holdout.customers} customers before the last {days} days, at least {config.min_customers} needed"
    if holdout.repeaters < MIN_REPEATERS:
        return f"{holdout.repeaters} repeat customers before the last {days} days, at least {MIN_REPEATERS} needed"
    return ""


def _repeaters(history: History) -> int:
    return int(history.weights[history.x > 0].sum())


def _kind_of(model: object, kinds: Mapping[str, type]) -> str:
    return next(name for name, kind in kinds.items() if isinstance(model, kind))


def _of_kind(parameters: Mapping[str, Any], kinds: Mapping[str, Any]) -> Any:
    rest = dict(parameters)
    return kinds[rest.pop("kind")].from_parameters(rest)
