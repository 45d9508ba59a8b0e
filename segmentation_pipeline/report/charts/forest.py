"""Effects with their intervals, a row each, beside the line of no effect: a forest plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from segmentation_pipeline.report.charts.canvas import Canvas, label, room_for

_WIDE, _LINE, _TOP, _BELOW = 320.0, 24, 6, 26


@dataclass(frozen=True, slots=True)
class Effect:
    """A row: an estimate with both ends of its interval, ``text`` written beside it, and what kind of mark its dot is: open
    (``o``) where nothing is sure, filled (``m``) or a warning (``w``) where something is."""

    name: str
    low: float
    middle: float
    high: float
    text: str
    dot: str


def dot_by_sign(low: float, high: float) -> str:
    """The dot of an effect of which more is better.

    >>> dot_by_sign(0.1, 0.5), dot_by_sign(-0.5, -0.1), dot_by_sign(-1.0, 1.0)
    ('m', 'w', 'o')
    """
    return "m" if low > 0 else "w" if high < 0 else "o"


def forest(title: str, rows: Sequence[Effect], told: Callable[[object], str]) -> Markup:
    """Rows on one axis, which ``told`` writes the numbers of."""
    labels = room_for([label(row.name) for row in rows])
    ends = [0.0, *(end for row in rows for end in (row.low, row.high))]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0
    canvas = Canvas(labels + _WIDE + 20 + room_for([row.text for row in rows]), _TOP + _LINE * len(rows) + _BELOW)

    def x_of(value: float) -> float:
        return labels + 8 + _WIDE * (value - low) / span

    bottom = _TOP + _LINE * len(rows)
    canvas.line(x_of(0), _TOP, x_of(0), bottom, "r")
    for value in dict.fromkeys((low, 0.0, high)):
        is_near_zero = value != 0 and abs(x_of(value) - x_of(0)) < 45
        if not is_near_zero:
            canvas.text(x_of(value), bottom + 17, told(value), "middle", "f")
    for place, row in enumerate(rows):
        y = _TOP + _LINE * place + _LINE / 2
        canvas.text(labels - 6, y + 4, label(row.name), "end")
        canvas.line(x_of(row.low), y, x_of(row.high), y, "i")
        for end in (row.low, row.high):
            canvas.line(x_of(end), y - 5, x_of(end), y + 5, "i")
        canvas.dot(x_of(row.middle), y, row.dot)
        canvas.text(labels + _WIDE + 24, y + 4, row.text)
    return canvas.svg(title)
