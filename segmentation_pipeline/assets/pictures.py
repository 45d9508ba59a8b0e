"""Small pictures for people who would rather look than read, drawn from aggregates only."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
from matplotlib.figure import Figure

from segmentation_pipeline.engine.base import Engine

_INK, _PAPER = "#2f5d8a", "#ffffff"
_BINS = 24
_PER_ROW = 3


def histograms(engine: Engine, table: ir.Table, columns: Sequence[str]) -> str:
    """One histogram per column from the 1st to the 99th percentile, counted in the engine."""
    figure = Figure(figsize=(7.2, 1.9), dpi=80, facecolor=_PAPER, layout="constrained")
    for axis, column in zip(figure.subplots(1, len(columns)), columns, strict=True):
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
        axis.spines[["top", "right"]].set_visible(False)
    return _png(figure)


def bars(sizes: Sequence[tuple[str, float]], title: str) -> str:
    """Horizontal bars in the given order, first on top."""
    figure = Figure(figsize=(5.2, 0.6 + 0.22 * len(sizes)), dpi=80, facecolor=_PAPER, layout="constrained")
    axis = figure.subplots()
    axis.barh([name for name, _ in reversed(sizes)], [size for _, size in reversed(sizes)], color=_INK)
    axis.set_title(title, fontsize=9)
    axis.tick_params(labelsize=7)
    axis.spines[["top", "right"]].set_visible(False)
    return _png(figure)


def panels(groups: Sequence[tuple[str, Sequence[tuple[str, float]]]]) -> str:
    """A bar chart per titled group, three to a row."""
    longest = max((len(sizes) for _, sizes in groups), default=1)
    rows = max(-(-len(groups) // _PER_ROW), 1)
    figure = Figure(figsize=(3.6 * _PER_ROW, rows * (0.7 + 0.17 * longest)), dpi=80, facecolor=_PAPER, layout="constrained")
    axes = figure.subplots(rows, _PER_ROW, squeeze=False).flatten()
    for axis, (title, sizes) in zip(axes, groups, strict=False):
        axis.barh([name for name, _ in reversed(sizes)], [size for _, size in reversed(sizes)], color=_INK)
        axis.set_title(title, fontsize=8)
        axis.tick_params(labelsize=6)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[len(groups) :]:
        axis.set_visible(False)
    return _png(figure)


def _png(figure: Figure) -> str:
    buffer = io.BytesIO()
    # Without the software tag the bytes depend on the picture alone.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return base64.b64encode(buffer.getvalue()).decode()
