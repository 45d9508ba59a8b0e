"""What a command costs: wall clock, CPU of it and its children, and the largest memory it held."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PEAK_UNITS = 1 if sys.platform == "darwin" else 1024
"""Bytes per unit of ``ru_maxrss``: macOS counts bytes, Linux kilobytes."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds and megabytes of one command."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float


class CommandFailed(Exception):
    """A measured command did not end well; the message names its log."""


def measure(command: Sequence[str], log: Path, cwd: Path) -> Cost:
    """Run the command to its end, output to ``log``.  Raises ``CommandFailed`` unless it exits with 0."""
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=cwd)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)  # wait4 took it, Popen must not wait again
    if process.returncode != 0:
        raise CommandFailed(f"{' '.join(command)} ended with {process.returncode}; its output is in {log}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _PEAK_UNITS / 2**20)
