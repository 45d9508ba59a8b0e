"""Small pictures for people who would rather look than read, drawn from aggregates only."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segmentation_pipeline.engine.base import Engine

_INK, _PAPER = "#2f5d8a", "#ffffff"
_BINS = 24
_PER_ROW = 3
_MOST_PANELS = 12
_DPI = 80
_LETTER = 0.6
"""Width of a letter, as a share of its height."""


def histograms(engine: Engine, table: ir.Table, columns: Sequence[str]) -> str:
    """One histogram per column from the 1st to the 99th percentile, counted in the engine."""
    figure, axes = _laid_out(len(columns), [0.5] * len(columns), axis=(7.2 / len(columns) - 0.65, 1.4))
    for axis, column in zip(axes, columns, strict=True):
        value = table[column].cast("float64")
        ends = engine.rows(table.agg(low=value.quantile(0.01), high=value.quantile(0.99)))[0]
        low, high = float(str(ends["low"] or 0)), float(str(ends["high"] or 0))
        width = (high - low) / _BINS or 1.0
        inside = table.filter(value >= low, value <= high)
        place = ibis.least(((inside[column].cast("float64") - low) / width).floor(), _BINS - 1)
        bars = engine.rows(inside.group_by(place=place).agg(rows=inside.count()))
        axis.bar(
            [low + float(str(b["place"])) * width for b in bars],
            [int(str(b["rows"])) for b in bars],
            width,
            align="edge",
            color=_INK,
        )
        axis.set_title(column, fontsize=8)
        axis.tick_params(labelsize=6)
        axis.locator_params(nbins=4)
        axis.spines[["top", "right"]].set_visible(False)
    return _png(figure)


def bars(sizes: Sequence[tuple[str, float]], title: str) -> str:
    """Horizontal bars in the given order, first on top."""
    figure, [axis] = _laid_out(1, [_width((name for name, _ in sizes), 7)], axis=(3.6, 0.1 + 0.22 * len(sizes)))
    _draw_bars(axis, sizes, title, 7)
    return _png(figure)


def panels(groups: Sequence[tuple[str, Sequence[tuple[str, float]]]]) -> str:
    """A bar chart per titled group, three to a row; of many groups the first, as more cannot be taken in."""
    groups = groups[:_MOST_PANELS]
    longest = max((len(sizes) for _, sizes in groups), default=1)
    labels = [_width((n for _, sizes in groups[c::_PER_ROW] for n, _ in sizes), 6) for c in range(_PER_ROW)]
    figure, axes = _laid_out(len(groups), labels, axis=(2.2, 0.17 + 0.17 * longest))
    for axis, (title, sizes) in zip(axes, groups, strict=True):
        _draw_bars(axis, sizes, title, 6)
    return _png(figure)


def _draw_bars(axis: Axes, sizes: Sequence[tuple[str, float]], title: str, points: int) -> None:
    axis.barh([name for name, _ in reversed(sizes)], [size for _, size in reversed(sizes)], color=_INK)
    axis.set_title(title, fontsize=points + 2)
    axis.tick_params(labelsize=points)
    axis.spines[["top", "right"]].set_visible(False)


def _laid_out(number: int, labels: Sequence[float], axis: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """A figure of ``number`` axes of one size (inches), row by row, with so much room for labels left of each column.

    Laid out by arithmetic: matplotlib's own layout draws every text twice to measure it, half the
    time of a picture.
    """
    (width, height), right, top, bottom = axis, 0.15, 0.28, 0.25
    across, row_height = sum(label + width + right for label in labels), top + height + bottom
    down = row_height * max(-(-number // len(labels)), 1)
    figure = Figure(figsize=(across, down), dpi=_DPI, facecolor=_PAPER)
    axes = []
    for place in range(number):
        row, column = divmod(place, len(labels))
        left = sum(labels[: column + 1]) + column * (width + right)
        foot = down - (row + 1) * row_height + bottom
        axes.append(figure.add_axes((left / across, foot / down, width / across, height / down)))
    return figure, axes


def _width(texts: Iterable[str], points: int) -> float:
    """Inches the longest text takes beside an axis; more than four would push the bars out of sight."""
    return min(0.15 + max((len(text) for text in texts), default=0) * points * _LETTER / 72, 4.0)


def _png(figure: Figure) -> str:
    buffer = io.BytesIO()
    # Without the software tag the bytes depend on the picture alone.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return base64.b64encode(buffer.getvalue()).decode()
