"""Which process executes a run, and whether it still does.

A run bears its process in a tag as soon as it has begun; until then the event log tells, which does so of runs of the UI.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from segmentation_pipeline.engine import lock

PROCESS_TAG = "segmentation/process"
_UNKNOWN_AGE = 0.0
_SLACK_SECONDS = 5.0
"""The system counts in hundredths of a second since it started, and that moment in whole seconds."""


@dataclass(frozen=True, slots=True)
class RunProcess:
    """A process by its number on a machine; a container is one."""

    host: str
    number: int

    def ended(self, run_began: float, writer_lock: Path) -> bool:
        """Whether it ended without finishing a run that began at ``run_began``, in seconds since 1970.

        A number may have been given to another program since, so a process counts only if it is no younger than the run.  Of
        a process on another machine the lock is asked, which a run holds or waits for.
        """
        if self.host != socket.gethostname():
            return lock.is_free(writer_lock)
        return not (_runs(self.number) and _started(self.number) <= run_began + _SLACK_SECONDS)


def process_tag(run_id: str) -> dict[str, str]:
    """This process as the one that executes ``run_id``: a run executed again has the tag of the first, and another id."""
    return {PROCESS_TAG: f"{run_id}|{socket.gethostname()}|{os.getpid()}"}


def process_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> RunProcess | None:
    """The process that executes ``run``; None where none has said so yet."""
    owner, _, process = run.tags.get(PROCESS_TAG, "").partition("|")
    if owner == run.run_id:
        host, _, number = process.partition("|")
        return RunProcess(host, int(number))
    for record in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        event = record.dagster_event
        noted = event.engine_event_data.metadata if event is not None and event.event_specific_data is not None else {}
        if (found := noted.get("pid")) is not None:
            return RunProcess(socket.gethostname(), int(str(found.value)))
    return None


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _started(process: int) -> float:
    """When a process started, in seconds since 1970, where the system tells."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        system = Path("/proc/stat").read_text(encoding="utf-8").splitlines()
        [boot] = [line.split()[1] for line in system if line.startswith("btime")]
        return int(boot) + int(status[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return _UNKNOWN_AGE
