"""What a command costs: wall clock, CPU of it and its children, and the largest memory it held."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console

HERE = Path(__file__).parent
PROJECT = HERE.parent
GUARD_SHARE = 0.85
"""A command is killed when it holds more than so much of the machine's memory."""

progress = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds and megabytes of one command.  ``failure`` says how it ended when not well."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    failure: str = ""

    @property
    def cells(self) -> list[str]:
        """Wall, CPU and peak as a table shows them."""
        return [f"{self.wall_seconds:.1f}", f"{self.cpu_seconds:.1f}", f"{self.peak_mb:,.0f}"]


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each figure, of runs that ended well."""
    return Cost(*(median(getattr(cost, name) for cost in costs) for name in ("wall_seconds", "cpu_seconds", "peak_mb")))


class CommandFailed(Exception):
    """A measured command that everything else rests on did not end well; the message names its log."""


def memory_mb() -> int:
    """The machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


def measure(command: Sequence[str], log: Path) -> Cost:
    """Run the command to its end, output to ``log``; a failing one is told in the cost."""
    log.parent.mkdir(parents=True, exist_ok=True)
    guard = str(int(memory_mb() * GUARD_SHARE))
    launcher = [sys.executable, "-S", str(HERE / "launcher.py"), str(log), guard, *command]
    done = subprocess.run(launcher, stdout=subprocess.PIPE, check=True, text=True, cwd=PROJECT)
    cost = Cost(**json.loads(done.stdout))
    if cost.failure:
        progress.print(f"[red]{cost.failure}[/]: {' '.join(command)}; its output is in {log}")
    return cost


def module(name: str, *arguments: object) -> list[str]:
    """The command for one of this package's programs."""
    return [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]


def segmentation(root: Path, *arguments: str) -> list[str]:
    """The command line of the pipeline on one project."""
    return [str(Path(sys.executable).with_name("segmentation")), "--project", str(root), *arguments]


def pipeline(root: Path, *arguments: str) -> Cost:
    """``segmentation run`` with these arguments.  Raises ``CommandFailed``: nothing can be told without it."""
    log = root / "pipeline.log"
    cost = measure(segmentation(root, "run", *arguments), log)
    if cost.failure:
        raise CommandFailed(f"segmentation run {' '.join(arguments)}: {cost.failure}; its output is in {log}")
    return cost
