"""Columns over time or over bins, one or two stacked to a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from segmentation_pipeline.report.charts.canvas import Canvas, room_for
from segmentation_pipeline.svg import told

_WIDTH, _HEIGHT, _BELOW, _TOP = 600.0, 150.0, 22, 26


@dataclass(frozen=True, slots=True)
class Column:
    """A place on the axis: ``values`` are one or two heights, stacked."""

    name: str
    values: Sequence[float]


def columns(title: str, places: Sequence[Column], legend: Sequence[str] = ()) -> Markup:
    """Columns from left to right, the second of two outlined above the first; ``legend`` names them."""
    most = max((sum(place.values) for place in places), default=0.0)
    low = min((min(0.0, *place.values) for place in places), default=0.0)
    span = (most - low) or 1.0
    left = room_for([told(float(f"{most:.2g}")), told(float(f"{low:.2g}"))])
    canvas = Canvas(left + _WIDTH + 20, _TOP + _HEIGHT + _BELOW)

    def y_of(value: float) -> float:
        return _TOP + _HEIGHT * (most - value) / span

    for at, name in enumerate(legend):
        canvas.rectangle(left + at * 170, 4, 12, 10, "mo"[at])
        canvas.text(left + at * 170 + 17, 13, name)
    for value in dict.fromkeys((float(f"{most:.2g}"), 0.0, float(f"{low:.2g}"))):
        canvas.line(left, y_of(value), left + _WIDTH, y_of(value))
        canvas.text(left - 6, y_of(value) + 4, told(value), "end", "f")
    wide = _WIDTH / max(len(places), 1)
    every = max(1, -(-len(places) // 8))
    for at, place in enumerate(places):
        x, under = left + at * wide, 0.0
        for kind, value in zip("mo", place.values, strict=False):
            start, end = y_of(under), y_of(under + value)
            canvas.rectangle(x + 1.5, min(start, end), wide - 3, abs(start - end), kind)
            under += value
        if at % every == 0:
            canvas.text(x + wide / 2, _TOP + _HEIGHT + 15, place.name, "middle", "f")
    return canvas.svg(title)
