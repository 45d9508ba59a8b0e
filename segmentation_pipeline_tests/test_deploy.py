"""The units and the container file name what is there, and give nobody more than is needed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.project import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(path for path in DEPLOY.iterdir() if path.suffix in {".service", ".timer"})


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        there = tmp_path / unit.name.replace("@", "@shop")
        there.write_text(unit.read_text().replace("/opt/segmentation/bin/segmentation", sys.executable))
    units = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_services_run_as_a_user_who_may_write_the_project_alone() -> None:
    services = [unit.read_text() for unit in UNITS if unit.suffix == ".service"]
    assert len(services) == 2
    for text in services:
        assert {"User=segmentation", "ProtectSystem=strict", "ReadWritePaths=/srv/%i", "UMask=0077"} <= set(text.splitlines())


def test_the_image_is_built_of_tested_versions_by_what_is_sent_to_it_for_a_user_without_rights() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    copied = {name.removeprefix("./") for line in lines if line.startswith("COPY") for name in line.split()[1:-1]}
    assert [name for name in copied if not (ROOT / name).exists()] == []
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sent == copied, "data, secrets and backups stay here"
    [install] = [line for line in lines if "pip install" in line]
    assert "--constraint constraints.txt" in install and "index-url" not in install
    assert [line for line in lines if re.fullmatch(r"USER [1-9]\d+", line)]
