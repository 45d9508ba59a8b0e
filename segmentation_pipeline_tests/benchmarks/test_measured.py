"""A command's cost is told however it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import launcher
from benchmarks.measured import measure

HOLD = "import time; x = bytearray(300 * 2**20); time.sleep(10)"


def test_time_memory_and_output_are_those_of_the_command(tmp_path: Path) -> None:
    code = "print('said'); x = bytearray(100 * 2**20)"
    cost = measure([sys.executable, "-S", "-c", code], tmp_path / "log")
    assert cost.failure == ""
    assert 100 < cost.peak_mb < 150
    assert 0 < cost.cpu_seconds < cost.wall_seconds + 1
    assert (tmp_path / "log").read_text() == "said\n"


@pytest.mark.parametrize(
    ("code", "failure"),
    [("raise SystemExit(3)", "ended with 3"), ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL")],
)
def test_a_failing_command_is_told_not_raised(tmp_path: Path, code: str, failure: str) -> None:
    assert measure([sys.executable, "-S", "-c", code], tmp_path / "log").failure == failure


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell a process's memory in /proc")
def test_a_command_that_holds_too_much_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, launcher.__file__, str(tmp_path / "log"), "200", sys.executable, "-S", "-c", HOLD]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert told["failure"] == "killed: it held more than 200 MB"
    assert told["wall_seconds"] < 10
