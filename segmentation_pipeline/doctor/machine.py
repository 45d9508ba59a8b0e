"""The machine and the installation: Python, libraries, disk, memory, clock."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from segmentation_pipeline.config.schema import PipelineConfig
from segmentation_pipeline.doctor.finding import Finding, error, ok, size, warning
from segmentation_pipeline.settings import Settings

_PACKAGE = "segmentation-pipeline"
_CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
_BESIDE_ENGINE = 1.1e9
"""Memory of a run beside DuckDB's limit, measured at up to five million customers (docs/scaling.md)."""
_OF_SOURCES = 10
"""A first run takes about so many times the bytes of its files."""
_LEAST = 2e8
_CGROUP = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def installation() -> Iterator[Finding]:
    """Python and libraries against what the package asks for, and against the versions it is tested with."""
    wanted, here = metadata(_PACKAGE)["Requires-Python"] or ">=3.11", platform.python_version()
    if SpecifierSet(wanted).contains(here, prereleases=True):
        yield ok("python", f"{here}, {sys.executable}")
    else:
        yield error("python", f"{here}; {_PACKAGE} needs {wanted}", "Make the environment anew with such a Python.")
    asked = [Requirement(line) for line in metadata(_PACKAGE).get_all("Requires-Dist") or ()]
    direct = [one for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]
    tested = _tested()
    wrong, other = [], []
    for one in direct:
        found = _installed(one.name)
        if found is None or not one.specifier.contains(found, prereleases=True):
            wrong.append(f"{one.name} {found or 'is missing'}{f' (needs {one.specifier})' if one.specifier else ''}")
        elif tested.get(one.name.lower(), found) != found:
            other.append(f"{one.name} {found} (tested with {tested[one.name.lower()]})")
    cure = "Install again with the tested versions: pip install --constraint constraints.txt segmentation-pipeline"
    if wrong:
        yield error("libraries", ", ".join(wrong), cure)
    elif other:
        yield warning("libraries", ", ".join(other), cure)
    else:
        versions = ", ".join(f"{name} {version(name)}" for name in ("dagster", "duckdb", "great-expectations"))
        yield ok("libraries", f"{_PACKAGE} {version(_PACKAGE)}; {len(direct)} as they should be, among them {versions}")


def disk(settings: Settings, source_bytes: int) -> Finding:
    """Room for what a run writes beside what is there until it is swapped in."""
    there = settings.data if settings.data.is_dir() else settings.root
    free = shutil.disk_usage(there).free
    stored = sum(path.stat().st_size for path in (settings.warehouse, settings.published) if path.is_file())
    needed = max(_LEAST, stored or _OF_SOURCES * source_bytes)
    told = f"{size(free)} free at {there}; a run that makes everything anew needs about {size(needed)}"
    cure = "Free space there, or move 'data' to a larger disk and link it."
    if free < needed:
        return error("disk", told, cure)
    return warning("disk", told, cure) if free < 2 * needed else ok("disk", told)


def memory(config: PipelineConfig) -> Finding:
    """What DuckDB may take and Python beside it, against what the machine or its container has."""
    number, unit = config.engine.memory_limit[:-2], config.engine.memory_limit[-2:]
    limit = float(number) * {"MB": 1e6, "GB": 1e9}[unit]
    total = _memory()
    if total is None:
        return ok("memory", f"not told by this system; a run takes up to {size(limit + _BESIDE_ENGINE)}")
    told = f"{size(total)}; a run takes up to {size(limit + _BESIDE_ENGINE)} (engine.memory_limit {config.engine.memory_limit})"
    fitting = max(total - _BESIDE_ENGINE, 3e8)
    cure = f"Set engine.memory_limit in pipeline.yaml to at most {fitting / 1e6:.0f}MB, or give it more memory."
    if total < limit:
        return error("memory", told, cure)
    return warning("memory", told, cure) if total < limit + _BESIDE_ENGINE else ok("memory", told)


def clock(settings: Settings, config: PipelineConfig, now: datetime) -> Finding:
    """The moment by which days are told, in the zone of the business; what was made must not lie after it."""
    there = now.astimezone(config.business.zone)
    told = f"{there:%Y-%m-%d %H:%M} in {config.business.timezone}; the machine's zone is {_machine_zone(now)}"
    made = [path.stat().st_mtime for path in (settings.warehouse, settings.published) if path.is_file()]
    if made and max(made) > now.timestamp() + 300:
        last = datetime.fromtimestamp(max(made), config.business.zone)
        return warning("clock", f"{told}; data was written at {last:%Y-%m-%d %H:%M}, which is to come", "Set the clock (NTP).")
    return ok("clock", told)


def _machine_zone(now: datetime) -> str:
    return now.astimezone().tzname() or "unknown"


def _tested() -> dict[str, str]:
    """The versions of ``constraints.txt`` where the package lies beside it; nothing where it was installed."""
    if not _CONSTRAINTS.is_file():
        return {}
    lines = (line.partition("#")[0].strip() for line in _CONSTRAINTS.read_text(encoding="utf-8").splitlines())
    return {name.strip().lower(): pinned.strip() for line in lines if "==" in line for name, _, pinned in [line.partition("==")]}


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _memory() -> float | None:
    """Bytes of the machine, or of the container where that has less."""
    try:
        total = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError):
        return None
    for path in _CGROUP:
        try:
            total = min(total, float(path.read_text(encoding="ascii")))
        except (OSError, ValueError):  # no such limit, or 'max'
            continue
    return total
