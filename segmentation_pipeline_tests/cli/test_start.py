"""Help and version answer at once: nothing heavy is loaded for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "dagster",
    "pandas",
    "sklearn",
    "great_expectations",
    "ibis",
    "scipy",
    "duckdb",
    "numpy",
    "pyarrow",
    "pydantic",
}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(option: str) -> None:
    code = f"""
import sys
from segmentation_pipeline.cli import main
sys.argv = ["segmentation", "{option}"]
try:
    main()
except SystemExit as end:
    assert not end.code
print("loaded:", *sorted({{name.split(".")[0] for name in sys.modules}}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said, _, loaded = done.stdout.partition("loaded:")
    assert "segmentation" in said
    assert not HEAVY & set(loaded.split())
