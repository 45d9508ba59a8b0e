"""The files all sides read: the project's generator, as Parquet, without order lines."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measured import HERE
from segmentation_pipeline import demo
from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.demo.generate import generate

WORK_VARIABLE = "SEGMENTATION_BENCHMARKS"
"""Names a folder for workloads and results other than ``benchmarks/work``, such as one on a larger disk."""
SOURCES = ("customers", "orders", "returns", "consents", "suppressions", "campaign_contacts")
SEED = 7
_KEPT = "raw"
LARGE = 1_000_000
"""Above so many customers both sides get 4 GB of memory, else the pipeline's default."""


def memory_limit(customers: int) -> str:
    return "4GB" if customers > LARGE else EngineConfig().memory_limit


def work() -> Path:
    """Where workloads, projects and findings that are not for the record lie."""
    return Path(os.environ.get(WORK_VARIABLE) or HERE / "work")


def prepare(customers: int, years: int = 3) -> Path:
    """The project folder of the size, with its files (made once) and a fresh copy of the configuration."""
    name = f"{customers}" if years == 3 else f"{customers}_{years}y"
    root = raw_files(name, customers, SOURCES, years)
    configure(root, customers, HERE / "project" / "config")
    return root


def raw_files(name: str, customers: int, sources: Sequence[str], years: int = 3) -> Path:
    """The project folder of the name with its source files, made once by each version of the generator."""
    root = work() / name
    done, version = root / "complete", _generator()
    if not done.is_file() or done.read_text() != version:
        shutil.rmtree(root, ignore_errors=True)
        generate(customers, SEED, root / "data" / _KEPT, file_format="parquet", sources=sources, years=years)
        done.write_text(version)
    return root


def _generator() -> str:
    modules = sorted(Path(demo.__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(module.read_bytes() for module in modules)).hexdigest()


def configure(root: Path, customers: int, config: Path) -> None:
    """A copy of a configuration with the memory limit of the size."""
    shutil.rmtree(root / "config", ignore_errors=True)
    shutil.copytree(config, root / "config")
    with (root / "config" / "pipeline.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\nengine:\n  memory_limit: {memory_limit(customers)}\n")


def forget_results(root: Path) -> None:
    """Remove what an earlier run made, so that nothing is remembered."""
    for path in (root / "data").iterdir():
        if path.name != _KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.rmtree(root / "reference", ignore_errors=True)
    shutil.rmtree(root / "notebook", ignore_errors=True)


def copy(root: Path, name: str) -> Path:
    """The project as it stands, results included, in a folder of another name beside it.

    Source files are linked, not copied: whoever changes one must write it anew.
    """
    target = root.with_name(f"{root.name}_{name}")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(root / "data", target / "data", copy_function=_link_or_copy)
    shutil.copytree(root / "config", target / "config")
    return target


def _link_or_copy(source: str, target: str) -> None:
    if Path(source).parent.name == _KEPT:
        Path(target).hardlink_to(source)
    else:
        shutil.copy2(source, target)
