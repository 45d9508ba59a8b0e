"""Who is left after each gate: a waterfall from everybody to the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from segmentation_pipeline.report.charts.canvas import Canvas, label, room_for

_WIDE, _LINE, _MINUS = 320.0, 22, "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Gate:
    """A row: how many came, how many stopped there."""

    name: str
    entered: int
    left_out: int


def waterfall(title: str, gates: Sequence[Gate], start: str, end: str) -> Markup:
    """The faint bar, named ``start``, is everybody who came; outlined pieces are those who stop at a gate, the filled bar at
    the end, named ``end``, is who passed all."""
    remained = gates[-1].entered - gates[-1].left_out if gates else 0
    names = [start, *(label(gate.name) for gate in gates), end]
    labels = room_for(names)
    most = max((gate.entered for gate in gates), default=0) or 1
    canvas = Canvas(labels + _WIDE + room_for([f"{_MINUS}{most:,}"]) + 4, _LINE * len(names) + 6)
    canvas.text(labels - 6, 17, start, "end")
    canvas.rectangle(labels, 5, _WIDE, _LINE - 6, "s")
    canvas.text(labels + _WIDE + 5, 17, f"{most:,}")
    for place, gate in enumerate(gates, 1):
        y, from_x = _LINE * place + 3, labels + _WIDE * (gate.entered - gate.left_out) / most
        long = _WIDE * gate.left_out / most
        canvas.text(labels - 6, y + 14, names[place], "end")
        canvas.rectangle(from_x, y + 2, long, _LINE - 6, "o")
        canvas.line(from_x, y + 2, from_x, y + _LINE + 2)
        canvas.text(from_x + long + 5, y + 14, f"{_MINUS}{gate.left_out:,}")
    y = _LINE * (len(gates) + 1) + 3
    canvas.text(labels - 6, y + 14, end, "end")
    canvas.rectangle(labels, y + 2, _WIDE * remained / most, _LINE - 6)
    canvas.text(labels + _WIDE * remained / most + 5, y + 14, f"{remained:,}")
    return canvas.svg(title)
