"""Horizontal bars with their numbers, alone or two to a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from segmentation_pipeline.report.charts.canvas import Canvas, label, room_for

_ROOM, _LINE, _LEGEND = 300.0, 20, 24


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: ``values`` are one or two lengths, ``texts`` what is written beside them."""

    name: str
    values: Sequence[float]
    texts: Sequence[str]


def bars(title: str, rows: Sequence[Bar], legend: Sequence[str] = ()) -> Markup:
    """A row after the other, first on top; of two bars to a row the second is outlined, and ``legend`` names both."""
    labels = room_for([label(row.name) for row in rows])
    numbers = room_for([text for row in rows for text in row.texts])
    per_row = max((len(row.values) for row in rows), default=1)
    tall = _LINE * per_row - 6 * (per_row - 1)
    top = _LEGEND if legend else 2
    canvas = Canvas(labels + _ROOM + numbers, top + len(rows) * (tall + 4) + 4)
    most = max((value for row in rows for value in row.values), default=0.0)
    for place, name in enumerate(legend):
        x = labels + place * 150
        canvas.rectangle(x, 6, 12, 10, "mo"[place])
        canvas.text(x + 17, 15, name)
    for place, row in enumerate(rows):
        y = top + place * (tall + 4)
        canvas.text(labels - 6, y + tall / 2 + 4, label(row.name), "end")
        thick = tall / len(row.values)
        for at, (value, text) in enumerate(zip(row.values, row.texts, strict=True)):
            long = _ROOM * value / most if most > 0 and value > 0 else 0.0
            canvas.rectangle(labels, y + at * thick + 1, long, thick - 2, "mo"[at])
            canvas.text(labels + long + 5, y + at * thick + thick / 2 + 4, text)
    canvas.line(labels, top, labels, canvas.height - 2)
    return canvas.svg(title)
