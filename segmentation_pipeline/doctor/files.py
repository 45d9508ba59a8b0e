"""The project's files: sources, who may read personal data, the working store, environment variables of connections."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.doctor.finding import Finding, age, error, ok, size, warning
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.warehouse_format import check_whole, stored_format
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.ingest.files import PACKAGE_PREFIX, has_landed, source_files
from segmentation_pipeline.settings import Settings

_STALE_SECONDS = 3 * 86_400
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def sources(settings: Settings, config: Config, now: datetime) -> tuple[list[Finding], int]:
    """A line per source with the date of its newest file; and the bytes of all."""
    found, total = [], 0
    for name, source in config.sources.items():
        label = f"source {name}"
        if source.derive_from:
            found.append(ok(label, f"made from {source.derive_from}"))
            continue
        if source.lands and not has_landed(settings.root, name, source):
            found.append(ok(label, "fetched by the next run"))
            continue
        try:
            stats = [file.path.stat() for file in source_files(settings.root, name, source)]
        except (SourceFileError, OSError) as problem:
            found.append(error(label, str(problem), "'segmentation check' tells more."))
            continue
        total += sum(each.st_size for each in stats)
        newest = datetime.fromtimestamp(max(each.st_mtime for each in stats), config.pipeline.business.zone)
        old = (now - newest).total_seconds()
        files = f"{len(stats)} {'file' if len(stats) == 1 else 'files'}, {size(sum(each.st_size for each in stats))}"
        told = f"{files}, the newest of {newest:%Y-%m-%d %H:%M}"
        packaged = any(pattern.startswith(PACKAGE_PREFIX) for pattern in source.patterns)
        if name == "orders" and config.pipeline.run.as_of is None and old > _STALE_SECONDS and not packaged:
            found.append(warning(label, f"{told}, {age(old)} ago", "See whether the export that writes them still works."))
        else:
            found.append(ok(label, told))
    return found, total


def environment(config: Config, variables: Mapping[str, str]) -> Iterator[Finding]:
    """Environment variables the configuration names (``url_env`` and the like): a service has those of its unit alone."""
    named = dict(_variables("", config.model_dump(mode="json")))
    missing = [f"{name} ({key})" for key, name in named.items() if not variables.get(name)]
    if missing:
        cure = "Set them where runs start: in the shell, or in the file that EnvironmentFile of the systemd unit names."
        yield error("environment", f"not set: {', '.join(missing)}", cure)
    elif named:
        yield ok("environment", f"{', '.join(sorted(set(named.values())))} set")


def permissions(settings: Settings) -> Iterator[Finding]:
    """Whether this user may write, and nobody else read what holds personal data."""
    there = settings.data if settings.data.is_dir() else settings.root
    if not os.access(there, os.W_OK | os.X_OK):
        yield error(
            "permissions", f"{there} cannot be written by this user", f"Give it to the user who runs: chown -R USER {there}"
        )
        return
    private = [path for path in _private(settings) if path.is_file() or (path.is_dir() and any(path.iterdir()))]
    if exposed := [path for path in private if path.stat().st_mode & _OPEN_TO_OTHERS]:
        names = ", ".join(path.relative_to(settings.root).as_posix() for path in exposed)
        cure = f"chmod -R go= {' '.join(str(path) for path in exposed)}"
        yield error("permissions", f"others may read personal data or keys: {names}", cure)
    elif strangers := [path for path in private if path.stat().st_uid != os.geteuid()]:
        names = ", ".join(path.relative_to(settings.root).as_posix() for path in strangers)
        cure = "Run as one user always, or chown them to the one who runs."
        yield warning("permissions", f"of another user than this one: {names}", cure)
    else:
        yield ok("permissions", f"personal data and keys are readable by their owner alone ({len(private)} places)")


def warehouse(settings: Settings, *, busy: bool) -> Finding:
    """Whether the working store is whole and of a form this program reads; not opened while somebody writes."""
    try:
        check_whole(settings)
        if not settings.warehouse.is_file():
            return ok("warehouse", "none yet; the first run makes it")
        told = f"{size(settings.warehouse.stat().st_size)}"
        if busy:
            return ok("warehouse", f"{told}, not looked into while somebody writes")
        form = stored_format(settings.warehouse)
    except UserError as problem:
        return error("warehouse", str(problem), "")
    return ok(
        "warehouse", f"{told}, {f'form {form[0]}, begun by segmentation {form[1]}' if form else 'without a mark of its form'}"
    )


def _private(settings: Settings) -> Iterator[Path]:
    yield from settings.data.glob(f"{settings.warehouse.name}*")
    yield from (settings.audiences, settings.audience_log, settings.landing, settings.temp, settings.secrets)
    if settings.secrets.is_dir():
        yield from sorted(settings.secrets.iterdir())


def _variables(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            place = f"{path}.{key}" if path else str(key)
            if str(key).endswith("_env") and isinstance(inner, str):
                yield place, inner
            else:
                yield from _variables(place, inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _variables(f"{path}[{number}]", inner)
