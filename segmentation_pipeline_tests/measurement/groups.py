"""Groups of people in plain numbers, added up as the engine adds them up."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from segmentation_pipeline.measurement.moments import Moments, moments

Numbers = np.ndarray[Any, np.dtype[Any]]


def sums_of(name: str, y: Numbers, x: Numbers | None = None, known: Numbers | None = None) -> dict[str, object]:
    """What ``moments.sums`` has for a metric of people with whole values ``y``, before ``x``; all known before unless told."""
    x = np.zeros_like(y) if x is None else x
    h = np.ones_like(y) if known is None else known

    def total(values: Numbers) -> Fraction:
        return Fraction(int(values.astype(object).sum())) if len(values) else Fraction(0)

    parts = {"y": y, "x": x, "h": h, "yy": y * y, "xx": x * x, "yx": y * x, "yh": y * h, "xh": x * h, "some": y != 0}
    return {f"{name}__{part}": total(values.astype("int64")) for part, values in parts.items()}


def arm(y: Numbers, x: Numbers | None = None, known: Numbers | None = None) -> Moments:
    return moments(sums_of("m", y, x, known), "m", len(y))
