"""The guide for extending, followed to the letter: what it says is enough is enough."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline_tests.end_to_end.project import ROOT

GUIDE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
DESCRIBED = "project/test_configuration_reference.py::test_every_key_is_described_where_its_model_is_or_has_a_section"
SECTIONS = {part.partition(":")[0]: part for part in GUIDE.split("\n## ")[1:]}


def blocks(section: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", SECTIONS[section], re.DOTALL)


def test_a_segmentation_is_one_entry(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    [entry] = blocks("A segmentation", "yaml")
    with (tmp_path / "config" / "segmentations.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\n{entry}")
    before, after = load_config(ROOT / "config"), load_config(tmp_path / "config")
    assert after.segmentations.keys() - before.segmentations.keys() == {"order_size"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("section", "others"),
    [
        ("A kind of segmentation", ["segmentations/kinds/test_kinds.py", "project/test_kind_reference.py::test_every_key_is_described_where_its_kind_is"]),
        ("A source", ["contracts/test_contracts.py", "quality/test_checks.py"]),
        ("A feature family", ["features/test_catalog.py"]),
        ("A published table", ["contracts/test_contracts.py", "measurement/test_shop_totals.py", "quality/test_checks.py"]),
        ("A model", ["models/test_catalog.py", "project/test_configuration.py::test_the_smallest_project_names_its_orders_and_gets_defaults"]),
        ("A learner", ["models/predictions/test_learners.py"]),
        ("A trigger", ["campaigns/triggers/test_nth_order.py", "project/test_trigger_checks.py", DESCRIBED]),
        ("A destination", ["destinations/test_catalog.py", "config/test_origins.py", DESCRIBED]),
        ("A landing", ["landing/test_catalog.py", "config/test_origins.py", "project/test_reference.py::test_every_key_is_described_where_its_model_is"]),
    ],
)  # fmt: skip
def test_it_is_one_file_one_line_and_its_test(tmp_path: Path, section: str, others: list[str]) -> None:
    """In a copy of the project each is added, and nothing else is touched: its test passes, and those of its room."""
    for package in ("segmentation_pipeline", "segmentation_pipeline_tests"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    thing, its_test = blocks(section, "python")
    [line] = blocks(section, "text")
    file, catalog, test_file = dict.fromkeys(re.findall(r"`(segmentation_pipeline\w*/[\w/]+\.py)`", SECTIONS[section]))
    (tmp_path / file).write_text(thing, encoding="utf-8")
    (tmp_path / test_file).write_text(its_test, encoding="utf-8")
    _register(tmp_path / catalog, file, line)
    room = [f"segmentation_pipeline_tests/{other}" for other in others]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not wide", test_file, *room],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _register(catalog: Path, file: str, line: str) -> None:
    """Add the line to the catalogue's list, and above it the import that goes with it."""
    [names] = re.findall(r"in `(\w+)` of `[^`]*" + re.escape(f"/{catalog.parent.name}/{catalog.name}`"), GUIDE)
    whole = (
        rf"(\n{names}: .*\n(?: .*\n)*)(\))" if names.isupper() else rf"(\n{names} = .*\n(?: .*\n)*?)(    \| \w+,\n    Field\()"
    )
    text, added = re.subn(whole, lambda found: f"{found[1]}{line}{found[2]}", catalog.read_text(encoding="utf-8"))
    assert added == 1
    module = file.removesuffix(".py").replace("/", ".")
    imported = f"\nfrom {module} import {line.strip(' |,' + chr(10))}\n"
    name = re.search(rf"\n{names}\b", text)
    assert name is not None
    catalog.write_text(text[: name.start()] + imported + text[name.start() :], encoding="utf-8")
