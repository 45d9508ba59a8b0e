"""The models of how often customers buy: each is fitted, validated on a later period, and the best one that is credible is taken.

Belongs here: the candidates, what makes one credible, which is best.  Does not belong here: money.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from segmentation_pipeline.contracts.labels import ClvModelKind
from segmentation_pipeline.models.bgnbd import BgNbd, fit_bgnbd
from segmentation_pipeline.models.calibration import Bin, calibration_bins
from segmentation_pipeline.models.clv_holdout import Holdout, dull_deviance, expected_order_days, validate
from segmentation_pipeline.models.historical_rate import HistoricalRate, fit_historical_rate
from segmentation_pipeline.models.nbd import Nbd, fit_nbd
from segmentation_pipeline.models.pareto_nbd import ParetoNbd, fit_pareto_nbd
from segmentation_pipeline.models.purchase_history import History

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


@dataclass(frozen=True, slots=True)
class Chosen:
    """The candidate that is published, None where none is credible; ``refused`` says by kind why one is not; ``calibration``
    is what the candidate foretold of the holdout, beside what came."""

    kind: str | None
    purchases: Purchases | None
    metrics: Metrics
    refused: dict[str, str]
    calibration: tuple[Bin, ...] = ()


def choose(history: History, holdout: Holdout, horizon_days: float) -> Chosen:
    """Of the candidates fitted on ``history`` the credible one whose fit without the holdout foretold that best.

    Best is the least mean Poisson deviance, which rewards the right expectation of each customer, where a mean absolute
    error would reward expecting nothing of most.  Credible: both fits have their summit, the expectations are finite and
    not negative, their total is within ``SANE_RATIO`` of what came, and they are no worse than those of a dull model for
    which all customers are alike.
    """
    dull = dull_deviance(holdout)
    metrics: Metrics = {"holdout_dull_deviance": round(dull, 6)}
    refused: dict[str, str] = {}
    credible: list[tuple[float, str, Purchases, Purchases, Metrics]] = []
    for kind, fit in CANDIDATES.items():
        fitted, calibrated = fit(history), fit(holdout.history)
        if reason := _unfit(fitted, history, horizon_days) or _unfit(calibrated, holdout.history, holdout.days):
            refused[kind] = reason
            continue
        validation = validate(calibrated, holdout)
        ratio, deviance = validation["holdout_ratio"], validation["holdout_deviance"]
        metrics |= {f"{kind}_holdout_ratio": ratio, f"{kind}_holdout_deviance": deviance}
        assert deviance is not None
        if ratio is None:
            refused[kind] = f"nobody bought in the last {holdout.days} days"
        elif not SANE_RATIO[0] <= ratio <= SANE_RATIO[1]:
            refused[kind] = f"it predicts {ratio:.2f} times the order days of the last {holdout.days} days"
        elif deviance > round(dull, 6):
            refused[kind] = f"it foretells the last {holdout.days} days no better than if all customers were alike"
        else:
            credible.append((deviance, kind, fitted, calibrated, validation))
    if not credible:
        return Chosen(None, None, metrics, refused)
    _, kind, fitted, calibrated, validation = min(credible, key=lambda candidate: candidate[0])
    if not isinstance(fitted, HistoricalRate):
        metrics[f"{kind}_log_likelihood"] = round(fitted.log_likelihood, 3)
    bins = calibration_bins(expected_order_days(calibrated, holdout), holdout.actual, holdout.history.weights)
    return Chosen(kind, fitted, metrics | validation, refused, tuple(bins))


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
