"""The models of how often customers buy: each is fitted, validated on later periods, and the best one that is credible is taken.

Belongs here: the candidates, what makes one credible, which is best.  Does not belong here: money.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from segmentation_pipeline.contracts.labels import ClvModelKind
from segmentation_pipeline.models import bgnbd, nbd, pareto_nbd
from segmentation_pipeline.models.bgnbd import BgNbd, fit_bgnbd
from segmentation_pipeline.models.clv_holdout import Holdout, dull_deviance, validate
from segmentation_pipeline.models.historical_rate import HistoricalRate, fit_historical_rate
from segmentation_pipeline.models.maximum_likelihood import parameter_intervals
from segmentation_pipeline.models.nbd import Nbd, fit_nbd
from segmentation_pipeline.models.pareto_nbd import ParetoNbd, fit_pareto_nbd
from segmentation_pipeline.models.purchase_history import History, Vector
from segmentation_pipeline.models.season import Season

SANE_RATIO = (0.5, 2.0)
"""Predicted over actual order days in the holdout; a season moves it, more than that is a wrong model."""

Purchases = BgNbd | ParetoNbd | Nbd | HistoricalRate
Metrics = dict[str, float | None]

CANDIDATES: dict[str, Callable[[History], Purchases]] = {
    ClvModelKind.BG_NBD.value: lambda history: fit_bgnbd(history.x, history.t_x, history.T, history.weights),
    ClvModelKind.PARETO_NBD.value: fit_pareto_nbd,
    ClvModelKind.NBD.value: fit_nbd,
    ClvModelKind.HISTORICAL_RATE.value: fit_historical_rate,
}
"""In the order in which the first of equals is taken.  NBD is the edge of the two before it, where nobody leaves."""

_LIKELIHOODS: dict[type[Purchases], Callable[[Vector, History], tuple[float, Vector]]] = {
    BgNbd: bgnbd.log_likelihood,
    ParetoNbd: pareto_nbd.log_likelihood,
    Nbd: nbd.log_likelihood,
}


@dataclass(frozen=True, slots=True)
class PurchaseData:
    """What candidates are fitted on and judged by: customers as of the day and before each holdout, the latest first, and how
    long the horizon is.  Times are days, or the seasonal days of ``season``."""

    history: History
    holdouts: Sequence[Holdout]
    horizon: float
    season: Season | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The candidate that is published, None where none is credible; ``refused`` says by kind why one is not; ``calibrated``
    are its fits without each holdout and what came after, the latest first, as in ``data``."""

    kind: str | None
    purchases: Purchases | None
    metrics: Metrics
    refused: dict[str, str]
    data: PurchaseData
    calibrated: tuple[Purchases, ...] = ()


@dataclass(frozen=True, slots=True)
class _Judged:
    kind: str
    data: PurchaseData
    fitted: Purchases
    calibrated: tuple[Purchases, ...]
    validations: tuple[Metrics, ...]

    @property
    def deviances(self) -> list[float]:
        """Of each holdout, the latest first."""
        return [float(each["holdout_deviance"] or 0.0) for each in self.validations]

    @property
    def deviance(self) -> float:
        return round(float(np.mean(self.deviances)), 6)


def choose(plain: PurchaseData, seasonal: PurchaseData | None = None) -> Chosen:
    """Of the candidates the credible one whose fits without the holdouts foretold them best, on the clock that let them.

    Best is the least Poisson deviance per customer, mean over the holdouts: it rewards the right expectation of each
    customer, where a mean absolute error would reward expecting nothing of most.  Credible: the fits with and without the
    latest holdout have their summit, the expectations are finite and not negative, their total is within ``SANE_RATIO`` of
    what came in the latest holdout, and they are no worse than those of a dull model for which all customers are alike.
    ``plain`` counts days, ``seasonal`` those of a season that was known before each holdout; it is taken where the best
    candidate by it foretold every holdout better, which chance alone rarely brings about.
    """
    dull = round(dull_deviance(plain.holdouts), 6)
    metrics: Metrics = {"holdout_dull_deviance": dull, "holdouts": len(plain.holdouts)}
    refused: dict[str, str] = {}
    best = min(_credible(plain, dull, metrics, refused), key=lambda each: each.deviance, default=None)
    if seasonal:
        by_season = min(_credible(seasonal, dull, metrics, {}, "_season"), key=lambda each: each.deviance, default=None)
        if by_season and (best is None or all(np.less(by_season.deviances, best.deviances))):
            best = by_season
    if best is None:
        return Chosen(None, None, metrics, refused, plain)
    if not isinstance(best.fitted, HistoricalRate):
        metrics |= {
            f"{best.kind}_log_likelihood": round(best.fitted.log_likelihood, 3),
            **_intervals(best.fitted, best.data.history),
        }
    metrics |= {f"holdout_{number}_ratio": each["holdout_ratio"] for number, each in enumerate(best.validations, 1)}
    metrics |= best.validations[0] | {"holdout_deviance": best.deviance}
    return Chosen(best.kind, best.fitted, metrics, refused, best.data, best.calibrated)


def _credible(data: PurchaseData, dull: float, metrics: Metrics, refused: dict[str, str], clock: str = "") -> Iterator[_Judged]:
    """The candidates that are; what is found of each is added to ``metrics``, why one is not to ``refused``."""
    latest = data.holdouts[0]
    for kind, fit in CANDIDATES.items():
        fitted, calibrated = fit(data.history), tuple(fit(holdout.history) for holdout in data.holdouts)
        if reason := _unfit(fitted, data.history, data.horizon) or _unfit(calibrated[0], latest.history, latest.length):
            refused[kind] = reason
            continue
        validations = tuple(validate(model, holdout) for model, holdout in zip(calibrated, data.holdouts, strict=True))
        judged = _Judged(kind, data, fitted, calibrated, validations)
        metrics[f"{kind}{clock}_holdout_ratio"] = validations[0]["holdout_ratio"]
        metrics[f"{kind}{clock}_holdout_deviance"] = judged.deviance
        if reason := _not_credible(judged, dull, latest.days):
            refused[kind] = reason
        else:
            yield judged


def _unfit(model: Purchases, history: History, horizon: float) -> str:
    """Why a fit is not to be believed whatever it foretells, or ''."""
    if not isinstance(model, HistoricalRate) and not model.converged:
        return "the likelihood has no summit inside the search range"
    expected = model.probability_alive(history.x, history.t_x, history.T) * model.expected_while_alive(
        float(horizon), history.x, history.T
    )
    if not np.isfinite(expected).all() or (expected < 0).any():
        return "some expected orders are negative or not finite"
    return ""


def _intervals(fitted: BgNbd | ParetoNbd | Nbd, history: History) -> Metrics:
    """The bounds of 95 % intervals of the parameters, by their names; none where the likelihood has no curvature to tell."""
    likelihood = _LIKELIHOODS[type(fitted)]
    names = [name for name in fitted.to_parameters() if name not in ("log_likelihood", "converged", "iterations")]
    found = parameter_intervals(lambda point: likelihood(point, history), [getattr(fitted, name) for name in names])
    bounds = zip(names, found or (), strict=False)
    return {f"{name}_{side}": round(bound, 6) for name, both in bounds for side, bound in zip(("low", "high"), both, strict=True)}


def _not_credible(judged: _Judged, dull: float, days: int) -> str:
    """Why what a candidate foretold is not good enough, or ''."""
    ratio = judged.validations[0]["holdout_ratio"]
    if ratio is None:
        return f"nobody bought in the last {days} days"
    if not SANE_RATIO[0] <= ratio <= SANE_RATIO[1]:
        return f"it predicts {ratio:.2f} times the order days of the last {days} days"
    if not judged.deviance <= dull:
        return f"it foretells held-out periods of {days} days no better than if all customers were alike"
    return ""
