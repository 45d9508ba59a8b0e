"""Predictive models of a run, by what the registry says of them: losses and ranking of the judged customers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from benchmarks.exam.projects import Registry
from benchmarks.exam.row import Gain, Row
from benchmarks.exam.shop import Vector
from segmentation_pipeline.contracts.scores import NOT_CREDIBLE
from segmentation_pipeline.models.predictions.fit import BASELINE
from segmentation_pipeline.models.predictions.judge import auc, losses

ASKED = {
    "lapse": {"predicts": "no_order", "for": "frequency >= 1"},
    "orders": {"predicts": "orders", "for": "frequency >= 1"},
    "revenue": {"predicts": "revenue", "for": "frequency >= 1"},
}


class Best(NamedTuple):
    """What the best forecast of the judged customers loses, and how it ranks them."""

    loss: float
    auc: float

    @classmethod
    def of(cls, expected: Vector, came: Vector, *, is_probability: bool) -> Best:
        ranked = auc(expected, came)
        assert ranked is not None, "it came true for all of the generated customers, or for none"
        return cls(float(np.mean(losses(np.clip(expected, 1e-6, None), came, is_probability=is_probability))), ranked[0])


def asked(horizon_days: int) -> dict[str, dict[str, object]]:
    """Entries of ``models.yaml``: no order, orders and revenue in so many days."""
    return {f"{name}_{horizon_days}": {**each, "horizon_days": horizon_days, "features": "all"} for name, each in ASKED.items()}


def rows(data: str, registry: Registry, names: Iterable[str], best: Mapping[str, Best] | None = None) -> Iterator[Row]:
    """Of each model its loss per customer, and how well it ranks them (AUC)."""
    for name in names:
        kind, told = registry[name]
        if told.get("gain") is None:
            yield Row(data, name, "loss", int(told.get("judged_customers") or 0), published=kind)
            continue
        possible = (best or {}).get(name)
        is_learnt = kind not in (BASELINE, NOT_CREDIBLE)
        baseline = told["loss"] + told["gain"] if is_learnt else told["loss"]
        judged = int(told["judged_customers"])
        yield Row(
            data,
            name,
            "log loss" if "brier" in told else "Poisson deviance",
            judged,
            reached=baseline - told["gain"],
            same_for_all=baseline + told["baseline_gain"],
            baseline=baseline,
            possible=possible and possible.loss,
            gain=Gain(told["gain"], told["gain_low"], told["gain_high"]),
            foretold=told["mean_predicted"],
            came=told["mean_observed"],
            slope=told["calibration_slope"],
            published=kind,
        )
        yield Row(data, name, "AUC", judged, told["auc"], same_for_all=0.5, possible=possible and possible.auc, published=kind)
