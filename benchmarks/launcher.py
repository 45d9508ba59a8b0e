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
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss * PEAK_UNITS / 2**20,
        "failure": failure,
    }


class Guard(threading.Thread):
    """Kills a process that would push the machine into swapping.  Only where ``/proc`` tells its memory."""

    def __init__(self, pid: int, limit_mb: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._limit, self._statm = pid, limit_mb * 2**20, Path(f"/proc/{pid}/statm")
        self.over, self.struck = threading.Event(), False

    def run(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        while not self.over.wait(LOOK_EVERY_SECONDS):
            try:
                resident = int(self._statm.read_text().split()[1]) * page
            except (OSError, IndexError):
                return
            if resident > self._limit:
                self.struck = True
                os.kill(self._pid, signal.SIGKILL)
                return


if __name__ == "__main__":
    sys.stdout.write(json.dumps(launch(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])) + "\n")
