"""Customer lifetime value: expected order days within a horizon times expected value of each.

All times are whole days, never rounded to weeks, or the seasonal days of a shop whose season is known.  An order day counts
once however many orders it holds.  x = order days after the first, T = time from the first order to ``as_of``, t_x = time
from the first to the last.

Belongs here: putting the two models together, scoring.  How they are fitted and judged is in ``clv_fit``; where no model of
purchases is credible, nobody has a lifetime value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.labels import ClvModelKind
from segmentation_pipeline.contracts.scores import NOT_CREDIBLE
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.bgnbd import BgNbd
from segmentation_pipeline.models.calibration import Bin
from segmentation_pipeline.models.forecast_error import ForecastError, ForecastErrors
from segmentation_pipeline.models.gamma_gamma import GammaGamma
from segmentation_pipeline.models.historical_rate import HistoricalRate
from segmentation_pipeline.models.nbd import Nbd
from segmentation_pipeline.models.next_order import with_next_order
from segmentation_pipeline.models.order_value import MeanValue, OrderValue, expected_order_value
from segmentation_pipeline.models.pareto_nbd import ParetoNbd
from segmentation_pipeline.models.pareto_nbd_prior import PriorParetoNbd
from segmentation_pipeline.models.purchase_models import Metrics, Purchases
from segmentation_pipeline.models.season import Season, with_seasonal_days

SCORE_DIGITS = 6
"""Enough for ranking, few enough that engines with other mathematical libraries agree."""

_PURCHASES: dict[str, type[Purchases]] = {
    ClvModelKind.BG_NBD.value: BgNbd,
    ClvModelKind.PARETO_NBD.value: ParetoNbd,
    ClvModelKind.PARETO_NBD_PRIOR.value: PriorParetoNbd,
    ClvModelKind.NBD.value: Nbd,
    ClvModelKind.HISTORICAL_RATE.value: HistoricalRate,
}
_VALUES: dict[str, type[OrderValue]] = {"gamma_gamma": GammaGamma, "mean_value": MeanValue}


_AHEAD = {"x": "int64", "T": "float64", "while_alive": "float64"}
_TIMES = ("_x", "_T", "_t_x")


@dataclass(frozen=True, slots=True)
class ClvModel:
    """What scoring needs (``horizon_days``, ``purchases``, ``value``, ``season``), how far sums of its forecasts may be from what
    comes (``errors``), and how it came about.

    ``purchases`` is None where no model is credible, and then there are no ``errors``; ``season`` where time is counted in days.
    ``note`` says why a fallback was taken; empty when all is well.
    """

    horizon_days: int
    purchases: Purchases | None
    value: OrderValue
    errors: ForecastErrors | None = None
    training_rows: int = 0
    trained_from: date | None = None
    trained_to: date | None = None
    metrics: Metrics = field(default_factory=dict)
    note: str = ""
    calibration: tuple[Bin, ...] = ()
    season: Season | None = None

    @property
    def kind(self) -> str:
        """How purchases are counted, or ``NOT_CREDIBLE``."""
        return NOT_CREDIBLE if self.purchases is None else _kind_of(self.purchases, _PURCHASES)

    def to_parameters(self) -> dict[str, Any]:
        return {
            "horizon_days": self.horizon_days,
            "purchases": {"kind": self.kind, **(self.purchases.to_parameters() if self.purchases else {})},
            "value": {"kind": _kind_of(self.value, _VALUES), **self.value.to_parameters()},
            "errors": {name: error.to_parameters() for name, error in self.errors._asdict().items()} if self.errors else None,
            **({"season": list(self.season.indices)} if self.season else {}),
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> ClvModel:
        """A model that scores like the one the parameters came from."""
        return cls(
            parameters["horizon_days"],
            None if parameters["purchases"]["kind"] == NOT_CREDIBLE else _of_kind(parameters["purchases"], _PURCHASES),
            _of_kind(parameters["value"], _VALUES),
            forecast_errors(parameters),
            season=Season(tuple(parameters["season"])) if "season" in parameters else None,
        )


def with_forecasts(engine: Engine, features: ir.Table, model: ClvModel, as_of: date) -> ir.Table:
    """``features`` with what ``with_clv`` and ``with_next_order`` make of them."""
    timed = with_times(engine, features, model.season, as_of)
    valued = with_clv(timed, model, purchases_ahead(engine, timed, model, as_of))
    return with_next_order(engine, valued, model.purchases, model.season, as_of).drop(*_TIMES)


def with_times(engine: Engine, features: ir.Table, season: Season | None, as_of: date) -> ir.Table:
    """``features`` with _x, _T and _t_x of customers with orders, on the clock of the season."""
    if season is None:
        return features.mutate(**_history_columns(features))
    since = features.mutate(_T=features.tenure_days, _recency=features.recency_days)
    timed = with_seasonal_days(since, ("_T", "_recency"), season, engine, as_of)
    times = {"_x": (timed.order_days - 1).cast("int64"), "_t_x": ibis.greatest(timed._T - timed._recency, 0.0)}
    return timed.mutate(**times).drop("_recency")


def purchases_ahead(engine: Engine, timed: ir.Table, model: ClvModel, as_of: date) -> ir.Table:
    """What depends on (x, T) alone, worked out once per distinct pair: x, T, ``while_alive`` (order
    days expected within ``horizon_days`` of a customer who is alive), for ``with_clv`` to join.
    Without a credible model there is nothing to expect and no row."""
    if model.purchases is None:
        return engine.memtable({name: [] for name in _AHEAD}, _AHEAD)
    pairs = arrays(engine, timed.filter(timed.order_days > 0).select(x="_x", T="_T").distinct())
    horizon = float(model.season.ahead(as_of, model.horizon_days) if model.season else model.horizon_days)
    while_alive = model.purchases.expected_while_alive(horizon, pairs["x"], pairs["T"])
    schema = _AHEAD if model.season else {**_AHEAD, "T": "int64"}
    return engine.memtable({"x": pairs["x"].tolist(), "T": pairs["T"].tolist(), "while_alive": while_alive.tolist()}, schema)


def with_clv(timed: ir.Table, model: ClvModel, ahead: ir.Table) -> ir.Table:
    """``timed``, features ``with_times``, with clv_model, p_alive, expected_orders, expected_order_value and clv; null without
    orders, and all but expected_order_value null for everybody where no model of purchases is credible.

    ``ahead`` is what ``purchases_ahead`` made of the same features.  expected_orders counts order
    days in the next ``horizon_days``; money is in the base currency and not discounted.
    """
    ahead = ahead.rename(x_ahead="x", T_ahead="T")
    known = timed.left_join(ahead, (timed._x == ahead.x_ahead) & (ahead.T_ahead == timed._T))
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
        *timed.columns, **{name: ibis.ifelse(bought, score, ibis.null(score.type())) for name, score in scores.items()}
    )


def _history_columns(features: ir.Table) -> dict[str, ir.Value]:
    """_x, _t_x and _T of a customer with orders, in days."""
    return {
        "_x": (features.order_days - 1).cast("int64"),
        "_T": features.tenure_days.cast("int64"),
        "_t_x": (features.tenure_days - features.recency_days).cast("int64"),
    }


def counted(features: ir.Table) -> ir.Table:
    """x, t_x and T of every customer with orders, in days."""
    buyers = features.filter(features.order_days > 0)
    return buyers.select(**{name.removeprefix("_"): value for name, value in _history_columns(buyers).items()})


def forecast_errors(parameters: Mapping[str, Any]) -> ForecastErrors | None:
    """How far sums may be from what comes by the parameters of a version; None where no model is credible."""
    given = parameters["errors"]
    return ForecastErrors(**{name: ForecastError.from_parameters(error) for name, error in given.items()}) if given else None


def _kind_of(model: object, kinds: Mapping[str, type]) -> str:
    return next(name for name, kind in kinds.items() if type(model) is kind)


def _of_kind(parameters: Mapping[str, Any], kinds: Mapping[str, Any]) -> Any:
    rest = dict(parameters)
    return kinds[rest.pop("kind")].from_parameters(rest)
