"""Mailings to customers whose habits are known, drawn; and the hours that are told of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import ibis
import numpy as np

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.affinity.best import best_values, candidates_of
from segmentation_pipeline.models.affinity.judge import NONE, Judged, fit_affinity
from segmentation_pipeline.models.affinity.settings import AffinityConfig

AS_OF = date(2026, 6, 30)
Row = tuple[str, date, str, int]
SETTINGS = AffinityConfig()
HOURS = ["08", "12", "18"]


def sent(rate: Callable[[int, str], float], customers: int = 300, sends: int = 60, seed: int = 1) -> list[Row]:
    """Mailings over a year, at hours drawn; ``rate`` of a customer's number and the hour is the chance of a click."""
    chance = np.random.default_rng(seed)
    rows: list[Row] = []
    for number in range(customers):
        overall = chance.beta(3, 9)
        for _ in range(sends):
            hour, ago = str(chance.choice(HOURS)), int(chance.integers(7, 365))
            clicked = chance.random() < min(overall * rate(number, hour), 1.0)
            rows.append((f"c{number:04}", AS_OF - timedelta(days=ago), hour, int(clicked)))
    return rows


def table(engine: Engine, rows: list[Row]) -> ibis.Table:
    names = {"customer_id": "string", "day": "date", "value": "string", "responded": "int64"}
    return engine.memtable({name: [row[i] for row in rows] for i, name in enumerate(names)}, names)


def everybody(rows: ibis.Table) -> ibis.Table:
    return rows.select("customer_id").distinct().mutate(group=ibis.literal("everybody"))


def best_on(engine: Engine, rows: list[Row]) -> tuple[Judged, dict[str, tuple[str, float]]]:
    """What is published, and by customer the best hour with its rate."""
    with engine.staged(table(engine, rows)) as trials:
        groups = everybody(trials)
        made = fit_affinity(engine, trials, groups, AS_OF, 7, 90, 200)
        told = {}
        if made.kind != NONE and made.rates:
            candidates = candidates_of(made.cells, 200)
            best = best_values(engine, groups, trials, made.rates, candidates, made.kind, SETTINGS)
            told = {row["customer_id"]: (row["best"], row["rate"]) for row in engine.rows(best)}
    return made, told


def of_habit(number: int, hour: str) -> float:
    """Half of the customers click in the morning, half in the evening."""
    return 2.0 if hour == ("08" if number % 2 else "18") else 0.5
