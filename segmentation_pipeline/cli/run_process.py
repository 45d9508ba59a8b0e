"""Which process executes a run, and whether it still does.

A run of the command line bears its process in a tag; the UI's notes it in the event log.  A number may have been
given to another program since, so a process counts only if it is no younger than the run.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

PROCESS_TAG = "segmentation/process"
_UNKNOWN_AGE = 0.0
_SLACK_SECONDS = 5.0
"""The system counts in hundredths of a second since it started, and that moment in whole seconds."""


def process_tag(run_id: str) -> str:
    """This process as the one that executes ``run_id``: a run executed again has the tag of the first, and another id."""
    return f"{run_id}:{os.getpid()}"


def process_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> int | None:
    """The process that executes ``run``; None where none has said so yet."""
    owner, _, process = run.tags.get(PROCESS_TAG, "").partition(":")
    if owner == run.run_id and process.isdigit():
        return int(process)
    for record in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        event = record.dagster_event
        noted = event.engine_event_data.metadata if event is not None and event.event_specific_data is not None else {}
        if (found := noted.get("pid")) is not None:
            return int(str(found.value))
    return None


def is_alive(process: int, run_began: float) -> bool:
    """Whether ``process`` runs and may have begun a run at ``run_began``, in seconds since 1970."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _started(process) <= run_began + _SLACK_SECONDS


def _started(process: int) -> float:
    """When a process started, in seconds since 1970, where the system tells."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        [boot] = [
            line.split()[1] for line in Path("/proc/stat").read_text(encoding="utf-8").splitlines() if line.startswith("btime")
        ]
        return int(boot) + int(status[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return _UNKNOWN_AGE
