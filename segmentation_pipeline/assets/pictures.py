"""Small pictures for people who would rather look than read, drawn as SVG from aggregates only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.svg import escaped, number, told, width_of

Sizes = Sequence[tuple[str, float]]

_INK, _TEXT, _FAINT, _PAPER = "#2f5d8a", "#222222", "#999999", "#ffffff"
_BINS = 24
_PER_ROW = 3
_MOST_PANELS = 12
_GAP = 14
_LINE = 16
_TITLE = 22


def histograms(engine: Engine, table: ir.Table, columns: Sequence[str]) -> str:
    """One histogram per column from the 1st to the 99th percentile, counted in the engine."""
    values = {column: table[column].cast("float64") for column in columns}
    named = {
        f"{end} {column}": value.quantile(at) for column, value in values.items() for end, at in (("low", 0.01), ("high", 0.99))
    }
    ends = {name: None if end is None else float(end) for name, end in engine.rows(table.agg(**named))[0].items()}
    picture = _Picture()
    for column, value in values.items():
        low, high = ends[f"low {column}"], ends[f"high {column}"]
        if low is None or high is None or not isfinite(high - low):
            _draw_nothing(picture, column)
            continue
        width = (high - low) / _BINS or 1.0
        inside = table.filter(value >= low, value <= high)
        bin_number = ibis.least(((inside[column].cast("float64") - low) / width).floor(), _BINS - 1)
        counted = engine.rows(inside.group_by(bin=bin_number).agg(rows=inside.count()))
        rows = {int(float(row["bin"])): float(row["rows"]) for row in counted}
        _draw_histogram(picture, column, [rows.get(place, 0.0) for place in range(_BINS)], low, high)
    return picture.laid_out(len(columns))


def bars(sizes: Sizes, title: str) -> str:
    """Horizontal bars in the given order, first on top, each with its number."""
    return panels([(title, sizes)])


def panels(groups: Sequence[tuple[str, Sizes]]) -> str:
    """A bar chart per titled group, three to a row; of many groups the first, as more cannot be taken in."""
    picture = _Picture()
    for title, sizes in groups[:_MOST_PANELS]:
        if sizes:
            _draw_bars(picture, title, sizes)
        else:
            _draw_nothing(picture, title)
    return picture.laid_out(_PER_ROW)


@dataclass
class _Panel:
    """The marks of a chart, in points from its upper left corner."""

    width: float
    height: float
    marks: list[str] = field(default_factory=list)

    def rectangle(self, x: float, y: float, width: float, height: float) -> None:
        self.marks.append(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" fill="{_INK}"/>'
        )

    def text(self, x: float, y: float, text: str, size: int = 11, anchor: str = "start", color: str = _TEXT) -> None:
        place = f'x="{number(x)}" y="{number(y)}" font-size="{size}" text-anchor="{anchor}"'
        self.marks.append(f'<text {place} fill="{color}">{escaped(text)}</text>')


@dataclass
class _Picture:
    panels: list[_Panel] = field(default_factory=list)

    def panel(self, width: float, height: float) -> _Panel:
        self.panels.append(_Panel(width, height))
        return self.panels[-1]

    def laid_out(self, across: int) -> str:
        """The panels row by row: columns as wide as their widest panel, rows as high as their highest."""
        rows = [self.panels[start : start + across] for start in range(0, len(self.panels), across)]
        widths = [max(row[c].width for row in rows if c < len(row)) for c in range(len(rows[0]) if rows else 0)]
        x_of = [_GAP + sum(widths[:c]) + c * _GAP for c in range(len(widths) + 1)]
        y, body = float(_GAP), []
        for row in rows:
            for x, panel in zip(x_of, row, strict=False):
                body.append(f'<g transform="translate({number(x)} {number(y)})">{"".join(panel.marks)}</g>')
            y += max(panel.height for panel in row) + _GAP
        width, height = number(x_of[-1]), number(y)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'font-family="sans-serif"><rect width="{width}" height="{height}" fill="{_PAPER}"/>{"".join(body)}</svg>'
        )


def _draw_bars(picture: _Picture, title: str, sizes: Sizes) -> None:
    labels, room = width_of(name for name, _ in sizes), 150.0
    numbers = width_of(told(size) for _, size in sizes)
    panel = picture.panel(max(labels + room + numbers, width_of([title], 13)), _TITLE + _LINE * len(sizes))
    panel.text(0, 13, title, 13)
    most = max((size for _, size in sizes), default=0.0)
    for place, (name, size) in enumerate(sizes):
        y = _TITLE + place * _LINE
        length = room * size / most if most > 0 and size > 0 else 0.0
        panel.text(labels - 5, y + 11, name, anchor="end")
        panel.rectangle(labels, y + 2, length, _LINE - 4)
        panel.text(labels + length + 4, y + 11, told(size))


def _draw_histogram(picture: _Picture, title: str, rows: Sequence[float], low: float, high: float) -> None:
    width, height = 168.0, 110.0
    ends = told(low), told(high)
    panel = picture.panel(max(width, width_of([title], 13), width_of(["".join(ends) + "  "])), _TITLE + height + _LINE)
    panel.text(0, 13, title, 13)
    most = max(rows) or 1.0
    for place, count in enumerate(rows):
        tall = height * count / most
        if tall:
            panel.rectangle(place * width / _BINS, _TITLE + height - tall, width / _BINS - 1, tall)
    panel.text(0, _TITLE + height + 13, ends[0])
    panel.text(width, _TITLE + height + 13, ends[1], anchor="end")


def _draw_nothing(picture: _Picture, title: str) -> None:
    panel = picture.panel(width_of([title], 13), _TITLE + _LINE)
    panel.text(0, 13, title, 13)
    panel.text(0, _TITLE + 11, "no values", color=_FAINT)
