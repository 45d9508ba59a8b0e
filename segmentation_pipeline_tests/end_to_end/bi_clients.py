"""Clients of BI tools, each run as a program of its own with its own libraries (``scripts/bi_clients.sh`` fetches them)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.project import ROOT


def client(name: str) -> Path:
    """The folder of a client; the test is skipped where it could not be fetched."""
    folder = ROOT / ".bi_clients" / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not in {folder.parent}: run scripts/bi_clients.sh, which says what hinders it")
    return folder


def run(*command: str, given: str = "", **environment: str) -> str:
    """What a program says; a failure tells what it complained of."""
    done = subprocess.run(command, input=given, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def python_of(name: str, program: str, *arguments: str) -> str:
    """What a Python program says that finds the client's libraries before the installed ones."""
    folder = client(name)
    return run(sys.executable, "-W", "ignore", "-c", program, *arguments, PYTHONPATH=str(folder))
