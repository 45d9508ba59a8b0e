"""CDNOW: 23,570 buyers of CDs who bought first in early 1997 (Fader and Hardie), and predictive models of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import lifetimes.datasets

from benchmarks.exam import forecasts
from benchmarks.exam.projects import run_orders
from benchmarks.exam.row import Row
from benchmarks.exam.shop import Order

LAST = date(1998, 6, 30)
HORIZON = 90


def orders() -> Iterator[Order]:
    """One row per order, as ``lifetimes`` brings them."""
    file = Path(lifetimes.datasets.__file__).with_name("CDNOW_master.txt")
    for who, on, _, amount in (line.split() for line in file.read_text().splitlines()[1:]):
        yield who, date(int(on[:4]), int(on[4:6]), int(on[6:])), amount


def rows(engine: str) -> list[Row]:
    """Judged on the last 90 days."""
    models = forecasts.asked(HORIZON)
    with tempfile.TemporaryDirectory() as folder:
        registry = run_orders(Path(folder), orders(), models, LAST, engine)
    return [*forecasts.rows("CDNOW", registry, models)]
