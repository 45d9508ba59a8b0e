"""Who went from which segment to which between two days: ribbons from left to right, a Sankey diagram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from segmentation_pipeline.report.charts.canvas import Canvas, label, room_for
from segmentation_pipeline.report.words import people
from segmentation_pipeline.svg import number

_WIDE, _HIGH, _GAP, _THICK, _TOP = 260.0, 220.0, 7.0, 10.0, 20
_LEAST = 2.0


@dataclass(frozen=True, slots=True)
class Flow:
    """Customers that went from ``source`` to ``target``; both alike: who stayed."""

    source: str
    target: str
    customers: int


@dataclass
class _Side:
    """The segments of one day from top to bottom, each as high as it has customers."""

    tops: dict[str, float]
    scale: float

    def take(self, name: str, customers: int) -> tuple[float, float]:
        """The next free piece of a segment's bar: its top and its bottom."""
        top = self.tops[name]
        self.tops[name] = top + customers * self.scale
        return top, self.tops[name]


def flows(title: str, ways: Sequence[Flow], before: str, after: str) -> Markup:
    """Filled ribbons are those who changed, faint ones those who stayed; ``before`` and ``after`` name the days."""
    total = sum(way.customers for way in ways) or 1
    names = sorted({way.source for way in ways} | {way.target for way in ways})
    sizes = {side: dict.fromkeys(names, 0) for side in ("source", "target")}
    for way in ways:
        sizes["source"][way.source] += way.customers
        sizes["target"][way.target] += way.customers
    scale = _HIGH / total
    shown = [label(name, 24) for name in names]
    left = room_for([f"{name} 00,000" for name in shown])
    canvas = Canvas(2 * left + _WIDE, _TOP)
    ends = []
    for x, side, anchor in ((left, "source", "end"), (left + _WIDE - _THICK, "target", "start")):
        tops, y = {}, float(_TOP)
        for name, size in sorted(sizes[side].items(), key=lambda item: (-sizes["source"][item[0]], item[0])):
            if size:
                high = max(size * scale, _LEAST)
                canvas.rectangle(x, y, _THICK, high)
                beside = x - 5 if side == "source" else x + _THICK + 5
                canvas.text(beside, y + high / 2 + 4, f"{label(name, 24)} {people(size)}", anchor)
                tops[name] = y
                y += max(high, 9) + _GAP
        canvas.height = max(canvas.height, y)
        ends.append(_Side(tops, scale))
        canvas.text(x if side == "source" else x + _THICK, 11, before if side == "source" else after, anchor, "f")
    for way in sorted(ways, key=lambda each: (each.source, each.target)):
        _ribbon(canvas, ends[0].take(way.source, way.customers), ends[1].take(way.target, way.customers), left, way)
    return canvas.svg(title)


def _ribbon(canvas: Canvas, start: tuple[float, float], end: tuple[float, float], left: float, way: Flow) -> None:
    x1, x2 = left + _THICK, left + _WIDE - _THICK
    middle = number((x1 + x2) / 2)
    a, b, c, d = (number(y) for y in (start[0], end[0], max(end[1], end[0] + 0.8), max(start[1], start[0] + 0.8)))
    there = f"M{number(x1)} {a}C{middle} {a} {middle} {b} {number(x2)} {b}"
    back = f"L{number(x2)} {c}C{middle} {c} {middle} {d} {number(x1)} {d}Z"
    canvas.path(there + back, "s" if way.source == way.target else "v")
