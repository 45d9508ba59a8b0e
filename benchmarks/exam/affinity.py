"""The best hour to send at: customers whose habits are known, and shops in which nobody has any."""

from __future__ import annotations

import numpy as np

from benchmarks.exam.row import Gain, Row
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.affinity.judge import GROUP, NONE, OWN
from segmentation_pipeline.models.intervals import mean_interval
from segmentation_pipeline_tests.models.affinity.shop import HOURS, best_on, of_habit, sent

CUSTOMERS, SHOPS = 300, 40
STATED = 0.025
"""By chance the gain of own rates, and that of the group's, exceeds its 95 % interval in one shop of forty."""


def rows(engine: Engine, shops: int = SHOPS) -> list[Row]:
    """What the told hour is worth, and how often hours are told where there is nothing to tell."""
    kinds = [best_on(engine, sent(lambda number, hour: 1.0, customers=100, sends=40, seed=seed))[0].kind for seed in range(shops)]
    data, measure = "generated, no habits", "share of shops, by chance"
    return [
        _lift(engine),
        *(
            Row(data, f"best_send_hour, {rates} rates", measure, shops, foretold=STATED, came=kinds.count(kind) / shops)
            for rates, kind in (("own", OWN), ("group's", GROUP))
        ),
    ]


def _lift(engine: Engine) -> Row:
    """How many times a customer's mean chance of a click that of the told hour is; the baseline tells everybody the hour that is
    best for all together."""
    judged, told = best_on(engine, sent(of_habit, customers=CUSTOMERS))
    lifts = np.array([[of_habit(number, hour) for hour in HOURS] for number in range(CUSTOMERS)])
    lifts /= lifts.mean(axis=1, keepdims=True)
    same_hour = lifts[:, int(np.argmax(lifts.mean(axis=0)))]
    if judged.kind == NONE:
        own = np.ones(CUSTOMERS)
    else:
        own = np.array([lifts[number, HOURS.index(told[f"c{number:04}"][0])] for number in range(CUSTOMERS)])
    return Row(
        "generated, two habits",
        "best_send_hour",
        "clicks, times the usual",
        CUSTOMERS,
        float(np.mean(own)),
        same_for_all=1.0,
        baseline=float(np.mean(same_hour)),
        possible=float(np.mean(lifts.max(axis=1))),
        gain=Gain(*mean_interval(own - same_hour)),
        published=judged.kind,
    )
