"""What a part of the benchmarks found: plain tables and figures, kept as JSON, shown on screen and in RESULTS.md."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.table import Table as Shown

from benchmarks.measured import memory_mb

LIBRARIES = ("dagster", "duckdb", "ibis-framework", "great-expectations", "scikit-learn", "scipy", "numpy", "pandas", "lifetimes")


def machine() -> str:
    """What the figures were measured on."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory_mb() / 1024:.0f} GB of memory, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}; {libraries}"
    )


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts.  Grids of several sizes with the same title are shown as one."""

    title: str
    headings: tuple[str, ...]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One part at one size.  ``figures`` are what the aims are judged by; ``differences`` void the ratios."""

    part: str
    customers: int
    grids: list[Grid]
    figures: dict[str, float] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    date: str = field(default_factory=lambda: datetime.now(UTC).date().isoformat())
    load: float = field(default_factory=lambda: round(os.getloadavg()[0], 1))
    machine: str = field(default_factory=machine)


def keep(finding: Finding, folder: Path) -> None:
    """Write the finding into the file of its part, in place of an earlier one at this size."""
    others = [other for other in load(finding.part, folder) if other.customers != finding.customers]
    findings = sorted([*others, finding], key=lambda one: one.customers)
    folder.mkdir(parents=True, exist_ok=True)
    content = [asdict(one) for one in findings]
    draft = folder / f"{finding.part}.json.draft"
    draft.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(folder / f"{finding.part}.json")


def load(part: str, folder: Path) -> list[Finding]:
    """The findings of a part by size, smallest first; none when it was never run."""
    path = folder / f"{part}.json"
    if not path.is_file():
        return []
    content = json.loads(path.read_text(encoding="utf-8"))
    return [Finding(**(one | {"grids": [_grid(grid) for grid in one["grids"]]})) for one in content]


def _grid(stored: dict) -> Grid:
    return Grid(stored["title"], tuple(stored["headings"]), stored["rows"])


def joined(findings: Iterable[Finding]) -> list[Grid]:
    """The grids of all sizes, those with the same title and headings as one."""
    found: dict[tuple[str, tuple[str, ...]], list[list[str]]] = {}
    for finding in findings:
        for grid in finding.grids:
            found.setdefault((grid.title, grid.headings), []).extend(grid.rows)
    return [Grid(title, headings, rows) for (title, headings), rows in found.items()]


GROWTH = ("customers", "rows", "times rows", "times wall", "times CPU", "times memory")


def growth(findings: Iterable[Finding]) -> list[Grid]:
    """How rows and costs grow from size to size, for parts that tell both at more than one."""
    sizes = [finding for finding in findings if {"rows", "wall_seconds", "cpu_seconds", "peak_mb"} <= finding.figures.keys()]
    if len(sizes) < 2:
        return []
    first = sizes[0].figures
    rows = [
        [f"{one.customers:,}", f"{one.figures['rows']:,.0f}"]
        + [f"{one.figures[name] / first[name]:.2f}x" for name in ("rows", "wall_seconds", "cpu_seconds", "peak_mb")]
        for one in sizes
    ]
    return [Grid("growth with size", GROWTH, rows)]


def shown(grid: Grid) -> Shown:
    """For the screen: numbers to the right, the first text column to the left."""
    table = Shown(title=grid.title)
    for place, heading in enumerate(grid.headings):
        numbers = all(row[place][:1].isdigit() or not row[place] for row in grid.rows)
        table.add_column(heading, justify="right" if numbers else "left")
    for row in grid.rows:
        table.add_row(*row)
    return table


def markdown(grid: Grid) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in grid.rows]
    return [f"**{grid.title}**", "", f"| {' | '.join(grid.headings)} |", "|" + "---|" * len(grid.headings), *lines, ""]
