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
    figure, axes = _grid(1, len(columns), cell=(7.2 / len(columns), 1.9), labels=0.5)
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
    figure, [axis] = _grid(1, 1, cell=(5.2, 0.6 + 0.22 * len(sizes)), labels=_width((name for name, _ in sizes), 7))
    _draw_bars(axis, sizes, title, 7)
    return _png(figure)


def panels(groups: Sequence[tuple[str, Sequence[tuple[str, float]]]]) -> str:
    """A bar chart per titled group, three to a row; of many groups the first, as more cannot be taken in."""
    groups = groups[:_MOST_PANELS]
    longest = max((len(sizes) for _, sizes in groups), default=1)
    rows = max(-(-len(groups) // _PER_ROW), 1)
    labels = _width((name for _, sizes in groups for name, _ in sizes), 6)
    figure, axes = _grid(rows, _PER_ROW, cell=(3.6, 0.7 + 0.17 * longest), labels=labels)
    for axis, (title, sizes) in zip(axes, groups, strict=False):
        _draw_bars(axis, sizes, title, 6)
    for axis in axes[len(groups) :]:
        axis.set_visible(False)
    return _png(figure)


def _draw_bars(axis: Axes, sizes: Sequence[tuple[str, float]], title: str, points: int) -> None:
    axis.barh([name for name, _ in reversed(sizes)], [size for _, size in reversed(sizes)], color=_INK)
    axis.set_title(title, fontsize=points + 2)
    axis.tick_params(labelsize=points)
    axis.spines[["top", "right"]].set_visible(False)


def _grid(rows: int, columns: int, cell: tuple[float, float], labels: float) -> tuple[Figure, list[Axes]]:
    """A figure of equal cells (inches) with ``labels`` inches left of each axis.

    Laid out by arithmetic: matplotlib's own layout draws every text twice to measure it, half the
    time of a picture.
    """
    (width, height), right, top, bottom = cell, 0.15, 0.28, 0.25
    across, down = width * columns, height * rows
    figure = Figure(figsize=(across, down), dpi=_DPI, facecolor=_PAPER)
    axes = figure.subplots(
        rows,
        columns,
        squeeze=False,
        gridspec_kw={
            "left": labels / across,
            "right": 1 - right / across,
            "wspace": (labels + right) / (width - labels - right),
            "top": 1 - top / down,
            "bottom": bottom / down,
            "hspace": (top + bottom) / (height - top - bottom),
        },
    )
    return figure, list(axes.flatten())


def _width(texts: Iterable[str], points: int) -> float:
    """Inches the longest text takes beside an axis, at most what leaves room for the axis."""
    return min(0.1 + max((len(text) for text in texts), default=0) * points * _LETTER / 72, 2.4)


def _png(figure: Figure) -> str:
    buffer = io.BytesIO()
    # Without the software tag the bytes depend on the picture alone.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return base64.b64encode(buffer.getvalue()).decode()
