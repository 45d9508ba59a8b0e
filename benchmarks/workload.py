"""The files both sides read: the project's generator, as Parquet, without order lines."""

from __future__ import annotations

import shutil
from pathlib import Path

from segmentation_pipeline.demo.generate import generate

HERE = Path(__file__).parent
SOURCES = ("customers", "orders", "returns", "consents", "suppressions", "campaign_contacts")
SEED = 7
_KEPT = "raw"


def prepare(customers: int) -> Path:
    """The project folder of the size, with its files (made once) and a fresh copy of the configuration."""
    root = HERE / "work" / str(customers)
    raw = root / "data" / _KEPT
    done = root / "complete"
    if not done.is_file():
        shutil.rmtree(root, ignore_errors=True)
        generate(customers, SEED, raw, file_format="parquet", sources=SOURCES)
        done.touch()
    shutil.rmtree(root / "config", ignore_errors=True)
    shutil.copytree(HERE / "project" / "config", root / "config")
    return root


def forget_results(root: Path) -> None:
    """Remove what an earlier run made, so that nothing is remembered."""
    for path in (root / "data").iterdir():
        if path.name != _KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.rmtree(root / "reference", ignore_errors=True)
