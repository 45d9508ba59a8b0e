"""Run one command and tell what it cost, from a process so small that it does not show in the figures.

    python launcher.py LOG GUARD_MB COMMAND...

Prints one line of JSON.  A process of its own, because Linux counts the memory of whoever starts a
command towards that command's peak.  Nothing but the standard library may be imported here.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

PEAK_UNITS = 1 if sys.platform == "darwin" else 1024
"""Bytes per unit of ``ru_maxrss``: macOS counts bytes, Linux kilobytes."""
LOOK_EVERY_SECONDS = 0.2


def launch(log: Path, guard_mb: int, command: list[str]) -> dict[str, object]:
    """Run the command with its output in ``log``; it is killed when it holds more than ``guard_mb``."""
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        guard = Guard(process.pid, guard_mb)
        guard.start()
        _, status, usage = os.wait4(process.pid, 0)
        guard.over.set()
    wall = time.perf_counter() - started
    process.returncode = code = os.waitstatus_to_exitcode(status)  # wait4 took it, Popen must not wait again
    failure = ""
    if guard.struck:
        failure = f"killed: it held more than {guard_mb:,} MB"
    elif code < 0:
        failure = f"killed by {signal.Signals(-code).name}"
    elif code > 0:
        failure = f"ended with {code}"
    return {
        "wall_seconds": wall,
        "cpu_seconds": usage.ru_utime + usage.ru_stime + sum(guard.java_seconds.values()),
        "peak_mb": max(usage.ru_maxrss * PEAK_UNITS / 2**20, guard.peak_mb),
        "failure": failure,
    }


class Guard(threading.Thread):
    """Watches a command where ``/proc`` tells: kills it before it would push the machine into swapping.

    ``java_seconds`` is the CPU time of the Java processes it started and of theirs, by process:
    nobody waits for those, so the system does not count them towards the command.  ``peak_mb`` is
    the largest memory of all together.
    """

    def __init__(self, pid: int, limit_mb: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._limit = pid, limit_mb
        self.over, self.struck = threading.Event(), False
        self.java_seconds: dict[int, float] = {}
        self.peak_mb = 0.0

    def run(self) -> None:
        while not self.over.wait(LOOK_EVERY_SECONDS):
            own = _resident_mb(self._pid)
            java = [found for child in _children(self._pid) if _name(child) == "java" for found in _tree(child)]
            self.java_seconds |= {pid: seconds for pid in java if (seconds := _cpu_seconds(pid))}
            if java:
                self.peak_mb = max(self.peak_mb, own + sum(map(_resident_mb, java)))
            if own > self._limit:
                self.struck = True
                os.kill(self._pid, signal.SIGKILL)
                return


def _proc(pid: int, name: str) -> str:
    """What the system tells of a process; nothing once it is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""


def _resident_mb(pid: int) -> float:
    told = _proc(pid, "statm").split()
    return int(told[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20 if told else 0.0


def _name(pid: int) -> str:
    return _proc(pid, "comm").strip()


def _cpu_seconds(pid: int) -> float:
    told = _proc(pid, "stat").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK") if told else 0.0


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    try:
        return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]
    except OSError:
        return []


def _tree(pid: int) -> list[int]:
    return [pid, *(found for child in _children(pid) for found in _tree(child))]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(launch(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])) + "\n")
