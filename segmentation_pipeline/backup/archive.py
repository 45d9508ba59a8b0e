"""The archive of a backup: a gzipped tar whose first member says what is in it, each file with its SHA-256.

Belongs here: writing one whole or not at all, and reading one that may be damaged.  Knows nothing of what the files are.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, Any

from segmentation_pipeline.errors import UserError

ENDING = ".tar.gz"
_UNFINISHED = ".new"
FORMAT = 1
MANIFEST = "manifest.json"
_DATA = "data/"
_PIECE = 1 << 20
_DAMAGED = (tarfile.TarError, EOFError, zlib.error, OSError, UnicodeDecodeError)


class BrokenBackup(UserError):
    """A file is no backup, or is not as it was written."""


def write_archive(path: Path, told: Mapping[str, Any], entries: Iterable[tuple[str, Path]]) -> int:
    """Write ``entries`` (name, file or folder) and what is ``told`` of them to ``path``; the bytes of the archive.

    The archive is 0600 and is read back before it takes its name, so a file that changed while it was read is found here.

    Raises ``UserError`` where it cannot be written, and ``BrokenBackup`` where it does not read back.
    """
    there = list(entries)
    files = {name: {"bytes": each.stat().st_size, "sha256": _sha256(each)} for name, each in there if each.is_file()}
    manifest = json.dumps({"format": FORMAT, **told, "files": files}, indent=1, ensure_ascii=False).encode()
    part = path.with_name(f".{path.name}{_UNFINISHED}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            # DuckDB's files are compressed already: trying harder costs five times as long for a twentieth of the size.
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=1) as archive:
                first = tarfile.TarInfo(MANIFEST)
                first.size, first.mode = len(manifest), 0o600
                archive.addfile(first, io.BytesIO(manifest))
                for name, each in there:
                    _add(archive, name, each)
            raw.flush()
            os.fsync(raw.fileno())
        check_archive(part)
        part.replace(path)
        return path.stat().st_size
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error}. Choose another place with --out FILE.") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def remove_unfinished(folder: Path) -> None:
    """Remove what a backup that was killed left in ``folder``, which nobody else writes archives to meanwhile."""
    for left in folder.glob(f".*{ENDING}{_UNFINISHED}"):
        left.unlink(missing_ok=True)


def read_manifest(path: Path) -> dict[str, Any]:
    """What a backup says of itself.  Raises ``BrokenBackup``, and ``UserError`` for one of a later program."""
    with _opened(path) as archive:
        return _manifest(path, archive)


def check_archive(path: Path) -> None:
    """Read all of a backup.  Raises ``BrokenBackup`` for a file that is missing or not what the manifest says."""
    with _opened(path) as archive:
        _read(path, archive, None)


def unpack(path: Path, folder: Path) -> None:
    """Write the files of a backup into ``folder``, which is empty, with their modes and times.  Raises ``BrokenBackup``."""
    with _opened(path) as archive:
        _read(path, archive, folder)


def _read(path: Path, archive: tarfile.TarFile, folder: Path | None) -> None:
    """Each file compared with the manifest, and written into ``folder`` if there is one."""
    awaited: dict[str, Any] = dict(_manifest(path, archive)["files"])
    modes: list[tuple[Path, int]] = []
    for member in archive:
        if member.name == MANIFEST:
            continue
        name = member.name.removeprefix(_DATA)
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or not (member.isfile() or member.isdir()):
            raise BrokenBackup(f"{path}: {name!r} is nothing a backup has. Take another backup.")
        target = None if folder is None else folder / name
        if member.isdir():
            if target is not None:
                target.mkdir(parents=True, exist_ok=True)
                modes.append((target, member.mode))
            continue
        content = archive.extractfile(member)
        if content is None or (known := awaited.pop(name, None)) is None or _taken(content, target) != known["sha256"]:
            raise BrokenBackup(f"{path}: {name} is not what the manifest says. The archive is damaged: take another backup.")
        if target is not None:
            target.chmod(member.mode)
            os.utime(target, (member.mtime, member.mtime))
    if awaited:
        raise BrokenBackup(f"{path}: {sorted(awaited)[0]} is missing. The archive is damaged: take another backup.")
    for target, mode in reversed(modes):
        target.chmod(mode)


def _taken(content: IO[bytes], target: Path | None) -> str:
    """The SHA-256 of what is read, and written to ``target``."""
    digest = hashlib.sha256()
    with open(os.devnull if target is None else _made(target), "wb") as out:  # noqa: PTH123 - a device or a file
        while piece := content.read(_PIECE):
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()


def _made(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    if not path.is_file():
        raise UserError(f"{path}: no such file. Name a backup that 'segmentation backup' wrote.")
    try:
        with tarfile.open(path, mode="r|gz") as archive:
            yield archive
    except _DAMAGED as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise UserError(
                f"{path} cannot be unpacked: {error.strerror}. Free space or correct modes, then try again."
            ) from None
        raise BrokenBackup(f"{path} cannot be read whole: it is no backup, or damaged. Take another backup.") from None


def _manifest(path: Path, archive: tarfile.TarFile) -> dict[str, Any]:
    first = archive.next()
    content = archive.extractfile(first) if first is not None and first.name == MANIFEST else None
    try:
        found = json.loads(content.read()) if content is not None else None
    except ValueError:
        found = None
    if not isinstance(found, dict) or "format" not in found:
        raise BrokenBackup(f"{path} is no backup of 'segmentation backup': it does not begin with {MANIFEST}.")
    if found["format"] != FORMAT:
        raise UserError(
            f"{path} has format {found['format']} and was written by segmentation {found.get('version', 'of another version')}; "
            f"this one reads format {FORMAT}. Install that version to restore it."
        )
    return found


def _add(archive: tarfile.TarFile, name: str, path: Path) -> None:
    info = archive.gettarinfo(str(path), arcname=_DATA + name)
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    if path.is_dir():
        archive.addfile(info)
        return
    with path.open("rb") as content:
        archive.addfile(info, content)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
