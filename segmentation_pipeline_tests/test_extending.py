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
YAML_ENTRY, KIND, KIND_LINE, KIND_TEST, FAMILY, FAMILY_LINE, FAMILY_TEST = (
    block for _, block in re.findall(r"```(yaml|python|text)\n(.*?)```", GUIDE, re.DOTALL)
)
FAMILY_FILE, FAMILIES_FILE, FAMILY_TEST_FILE = dict.fromkeys(re.findall(r"`(segmentation_pipeline\w*/features/\w+\.py)`", GUIDE))
KIND_FILE, KINDS_FILE, KIND_TEST_FILE = dict.fromkeys(
    re.findall(r"`(segmentation_pipeline\w*/segmentations/kinds/\w+\.py)`", GUIDE)
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package and its tests, to be extended."""
    for package in ("segmentation_pipeline", "segmentation_pipeline_tests"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def add(copy: Path, file: str, text: str, test_file: str, test: str) -> None:
    """Write the file and its test, neither of which may be there."""
    for path, content in ((copy / file, text), (copy / test_file, test)):
        assert not path.exists()
        path.write_text(content, encoding="utf-8")


def register(copy: Path, file: str, pattern: str, line: str, module: str) -> None:
    """Put the line at the end of the list that ``pattern`` finds, and the import it needs above it."""
    name = line.strip(" |,\n")
    text, added = re.subn(pattern, lambda found: f"{found[1]}{line}{found[2]}", (copy / file).read_text(encoding="utf-8"))
    assert added == 1
    start = text.index("\nfrom segmentation_pipeline") + 1
    (copy / file).write_text(f"{text[:start]}from {module} import {name}\n{text[start:]}", encoding="utf-8")


def run(copy: Path, *tests: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_segmentation_is_one_entry(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    with (tmp_path / "config" / "segmentations.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\n{YAML_ENTRY}")
    before, after = load_config(ROOT / "config"), load_config(tmp_path / "config")
    assert after.segmentations.keys() - before.segmentations.keys() == {"order_size"}


@pytest.mark.slow
def test_a_kind_of_segmentation_is_one_file_one_line_and_its_test(copy: Path) -> None:
    add(copy, KIND_FILE, KIND, KIND_TEST_FILE, KIND_TEST)
    pattern = r"(AnySegmentation = Annotated\[\n(?:    .*\n)*?)(    \| \w+,\n    Field)"
    register(copy, KINDS_FILE, pattern, KIND_LINE, "segmentation_pipeline.segmentations.kinds.flag")
    run(copy, KIND_TEST_FILE, f"{Path(KIND_TEST_FILE).parent}/test_kinds.py")


@pytest.mark.slow
def test_a_feature_family_is_one_file_one_line_and_its_test(copy: Path) -> None:
    add(copy, FAMILY_FILE, FAMILY, FAMILY_TEST_FILE, FAMILY_TEST)
    pattern = r"(\nFAMILIES: .*\n(?: .*\n)*)(\))"
    register(copy, FAMILIES_FILE, pattern, FAMILY_LINE, f"segmentation_pipeline.features.{Path(FAMILY_FILE).stem}")
    run(copy, FAMILY_TEST_FILE, f"{Path(FAMILY_TEST_FILE).parent}/test_catalog.py")
