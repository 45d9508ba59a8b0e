"""A backup is brought back: checked before anything is touched, and never over what is newer without being told to."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from segmentation_pipeline.backup.archive import read_manifest, unpack
from segmentation_pipeline.backup.contents import State, check_engine, handed_over, places, secrets_in_use, state_of
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.engine.published import opened_publication
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.privacy.tombstones import read_tombstones, write_private
from segmentation_pipeline.settings import Settings


class NewerData(UserError):
    """The project has what the backup lacks."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back: the manifest's words, and the ``erasures`` made since, which the data has not gone through."""

    as_of: str | None
    made_at: str
    files: int
    erasures: tuple[str, ...]


def restore(settings: Settings, config: Config, path: Path, on_wait: Callable[[str], None], *, force: bool) -> Restored:
    """Put what the backup at ``path`` holds in the place of what the project has.  The caller holds the writer lock.

    Sources, configuration and secrets stay as they are.  Where it ends early before the swap, nothing was changed; in the
    swap, no run starts until it is done again.

    Raises ``NewerData`` unless ``force``, ``BrokenBackup``, and ``UserError`` where secrets the data depends on are missing.
    """
    check_engine(config.pipeline.engine, "restore")
    manifest = read_manifest(path)
    state = State.of_json(manifest["state"])
    _check_secrets(settings, manifest, state)
    if not force and not settings.restoring.exists():
        wait = config.pipeline.run.wait_for_writer_seconds
        if newer := list(_newer(settings, config, manifest, state, wait, on_wait)):
            raise NewerData(
                f"{path} was made at {manifest['made_at']}, and {settings.data} has what it lacks: {'; '.join(newer)}. Back that "
                "up with 'segmentation backup', then restore with --force; or restore into another folder with its configuration."
            )
    _check_space(settings, manifest)
    settings.temp.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="restore-", dir=settings.temp) as folder:
        unpack(path, Path(folder))
        os.sync()
        with _marked(settings, path):
            for place in places(settings):
                _replace(place, Path(folder) / place.relative_to(settings.data))
    stones = read_tombstones(settings.secrets)
    undone = [stone.erasure for stone in (stones.erasures if stones else ()) if stone.erasure not in state.erasures]
    return Restored(manifest["as_of"], manifest["made_at"], len(manifest["files"]), tuple(undone))


def _check_secrets(settings: Settings, manifest: Mapping[str, Any], state: State) -> None:
    """Erased people would come back, and customers known by pseudonyms become others."""
    cure = f"Put the folder {settings.secrets} back first, from where it is kept apart, then restore again. Nothing was changed."
    if missing := sorted(set(manifest["secrets"]) - set(secrets_in_use(settings))):
        raise UserError(
            f"the data of this backup depends on {', '.join(missing)} in {settings.secrets}, which is missing. {cure}"
        )
    stones = read_tombstones(settings.secrets)
    known = {stone.erasure for stone in stones.erasures} if stones else set()
    if lost := sorted(set(state.erasures) - known):
        raise UserError(
            f"{len(lost)} erasures of this backup are not in {settings.secrets / 'tombstones.jsonl'} (the first is {lost[0]}): "
            f"erased people would come back. {cure}"
        )


def _newer(
    settings: Settings, config: Config, manifest: Mapping[str, Any], state: State, wait: float, on_wait: Callable[[str], None]
) -> Iterator[str]:
    """What would be lost, in words."""
    if not settings.warehouse.is_file():
        if lists := sorted(set(handed_over(settings.audience_log)) - set(state.handed_over)):
            yield f"lists handed over since, such as {lists[0]}"
        if settings.published.is_file():
            with opened_publication(settings.published) as published:
                if (day := published.day()) > (manifest["as_of"] or ""):
                    yield f"the publication of {day}"
        return
    changed_at = settings.warehouse.stat().st_mtime  # before it is opened
    try:
        here = state_of(settings, config.pipeline.engine, wait, on_wait)
    except UserError as error:
        yield f"a warehouse that cannot be looked at ({error})"
        return
    if manifest["project"] != settings.root.name and here.last_run != state.last_run:
        yield f"a warehouse of another project (the backup is of '{manifest['project']}')"
    if days := sorted(set(here.days) - set(state.days)):
        yield f"the {'day' if len(days) == 1 else 'days'} {', '.join(map(str, days))}"
    if lists := sorted(set(here.handed_over) - set(state.handed_over)):
        yield f"lists handed over since, such as {lists[0]}"
    later = changed_at > datetime.fromisoformat(manifest["made_at"]).timestamp() + 1
    if not days and later and here.last_run not in ("", state.last_run):
        yield "a run made after it"


def _check_space(settings: Settings, manifest: Mapping[str, Any]) -> None:
    settings.data.mkdir(parents=True, exist_ok=True)
    needed = sum(int(file["bytes"]) for file in manifest["files"].values())
    free = shutil.disk_usage(settings.data).free
    if needed > free:
        raise UserError(
            f"{settings.data} has {free / 1e9:.1f} GB free and the backup takes {needed / 1e9:.1f} GB. Free that first."
        )


@contextmanager
def _marked(settings: Settings, path: Path) -> Iterator[None]:
    """Inside the block no command opens the warehouse, also after this process was killed in it."""
    write_private(settings.restoring, f"{path.resolve()}\n")
    yield
    settings.restoring.unlink()


def _replace(place: Path, restored: Path) -> None:
    """Folders keep their own place, which may be a mount or a link to another disk."""
    if place.is_dir():
        for child in place.iterdir():
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            else:
                child.unlink()
    else:
        place.unlink(missing_ok=True)
    if restored.is_dir():
        mode = restored.stat().st_mode
        if not place.is_dir():
            place.mkdir()
            place.chmod(mode & 0o777)
        for child in restored.iterdir():
            shutil.move(child, place / child.name)
    elif restored.is_file():
        shutil.move(restored, place)
