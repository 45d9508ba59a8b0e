"""The guide for extending, followed to the letter: what it says is enough is enough."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from segmentation_pipeline.config.load import load_config
from segmentation_pipeline_tests.end_to_end.project import ROOT

GUIDE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
YAML_ENTRY, FAMILY, LINE, TEST = (block for _, block in re.findall(r"```(yaml|python|text)\n(.*?)```", GUIDE, re.DOTALL))
FAMILY_FILE, CATALOG_FILE, TEST_FILE = dict.fromkeys(re.findall(r"`(segmentation_pipeline\w*/features/\w+\.py)`", GUIDE))


def test_a_segmentation_is_one_entry(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    with (tmp_path / "config" / "segmentations.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\n{YAML_ENTRY}")
    before, after = load_config(ROOT / "config"), load_config(tmp_path / "config")
    assert after.segmentations.keys() - before.segmentations.keys() == {"order_size"}


@pytest.mark.slow
def test_a_feature_family_is_one_file_one_line_and_its_test(tmp_path: Path) -> None:
    for package in ("segmentation_pipeline", "segmentation_pipeline_tests"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / FAMILY_FILE).write_text(FAMILY, encoding="utf-8")
    (tmp_path / TEST_FILE).write_text(TEST, encoding="utf-8")
    catalog = tmp_path / CATALOG_FILE
    module, name = Path(FAMILY_FILE).stem, LINE.strip().rstrip(",")
    text, added = re.subn(r"(\nFAMILIES: .*\n(?: .*\n)*)\)", rf"\g<1>{LINE})", catalog.read_text(encoding="utf-8"))
    assert added == 1
    catalog.write_text(
        text.replace("\nFAMILIES:", f"\nfrom segmentation_pipeline.features.{module} import {name}\n\nFAMILIES:", 1),
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TEST_FILE, f"{Path(TEST_FILE).parent}/test_catalog.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
