"""One writer at a time, and nobody waits for a dead one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from segmentation_pipeline.engine import lock

HOLDER = """
import sys, time
from pathlib import Path
from segmentation_pipeline.engine.lock import writer
with writer(Path(sys.argv[1]), "run 1 for 2025-03-01", 0, print):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "writer.lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_writer_is_told_who_writes_and_gives_up_in_time(tmp_path, holder):
    told: list[str] = []
    started = time.monotonic()
    with (
        pytest.raises(lock.WriterBusy, match=rf"run 1 for 2025-03-01 \(process {holder.pid}\) still holds .*after 1 s"),
        lock.writer(tmp_path / "writer.lock", "run 2", 1, told.append),
    ):
        pytest.fail("two writers at once")
    assert 0.9 < time.monotonic() - started < 10
    assert told == [f"run 1 for 2025-03-01 (process {holder.pid}) is writing; waiting up to 1 s"]


def test_a_waiting_writer_goes_on_when_the_first_ends(tmp_path, holder):
    def let_go(message: str) -> None:
        assert holder.stdin is not None
        holder.stdin.write("\n")
        holder.stdin.flush()

    with lock.writer(tmp_path / "writer.lock", "run 2", 20, let_go):
        assert str(os.getpid()) in (tmp_path / "writer.json").read_text()
    assert not (tmp_path / "writer.json").exists()


def test_a_killed_writer_blocks_nobody(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    told: list[str] = []
    with lock.writer(tmp_path / "writer.lock", "run 2", 0, told.append):
        assert told == []


def test_the_lock_is_free_after_an_error(tmp_path):
    path = tmp_path / "new folder" / "writer.lock"
    with pytest.raises(RuntimeError), lock.writer(path, "run 1", 0, print):
        raise RuntimeError
    with lock.writer(path, "run 2", 0, pytest.fail):
        pass
