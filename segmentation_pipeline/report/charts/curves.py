"""Curves and dots in a square of two shares or two amounts, beside the line where both would be equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from segmentation_pipeline.report.charts.canvas import Canvas, room_for
from segmentation_pipeline.report.words import figure

_SIDE, _TOP, _BELOW = 250.0, 24, 38
_TICKS = (0.0, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Curve:
    """Points by x, named at their end; ``dots``: as dots instead of a line."""

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


def curves(title: str, drawn: Sequence[Curve], across: str, upward: str, equal: str = "") -> Markup:
    """One or two curves, the second dashed, from 0 to the largest value on either axis; ``equal`` names the diagonal."""
    most = max((value for curve in drawn for point in curve.points for value in point), default=1.0) or 1.0
    left = room_for([figure(part * most) for part in _TICKS])
    canvas = Canvas(
        left + max(_SIDE + room_for([curve.name for curve in drawn]) + 12, room_for([f"↑ {upward}"])), _TOP + _SIDE + _BELOW
    )

    def place(x: float, y: float) -> tuple[float, float]:
        return left + _SIDE * x / most, _TOP + _SIDE * (1 - y / most)

    for part in _TICKS:
        x, y = place(part * most, part * most)
        canvas.line(left, y, left + _SIDE, y)
        canvas.text(left - 6, y + 4, figure(part * most), "end", "f")
        canvas.text(x, _TOP + _SIDE + 15, figure(part * most), "middle", "f")
    canvas.text(left + _SIDE / 2, _TOP + _SIDE + 32, f"{across} →", "middle", "f")
    canvas.text(left, 12, f"↑ {upward}", kind="f")
    canvas.line(*place(0, 0), *place(most, most), "r")
    if equal:
        canvas.text(left + _SIDE - 6, _TOP + _SIDE - 8, f"dashed: {equal}", "end", "f")
    for kind, curve in zip("mo", drawn, strict=False):
        points = [place(x, y) for x, y in curve.points]
        if curve.dots:
            for x, y in points:
                canvas.dot(x, y, kind)
        else:
            canvas.curve(points, kind)
        if points:
            canvas.text(points[-1][0] + 8, points[-1][1] + (4 if kind == "m" else 16), curve.name)
    return canvas.svg(title)
