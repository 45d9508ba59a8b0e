"""An archive is whole or is refused, whatever became of it."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from pathlib import Path

import pytest

from segmentation_pipeline.backup.archive import (
    BrokenBackup,
    check_archive,
    read_manifest,
    remove_unfinished,
    unpack,
    write_archive,
)
from segmentation_pipeline.errors import UserError


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "from" / "lists").mkdir(parents=True, mode=0o700)
    (tmp_path / "from" / "lists" / "a.csv").write_text("customer_id\n1\n")
    (tmp_path / "from" / "log").write_bytes(bytes(range(256)) * 100)
    (tmp_path / "from" / "log").chmod(0o600)
    names = ("lists", "lists/a.csv", "log")
    write_archive(tmp_path / "b.tar.gz", {"version": "1"}, [(name, tmp_path / "from" / name) for name in names])
    return tmp_path / "b.tar.gz"


def test_what_went_in_comes_out_with_its_modes(archive: Path, tmp_path: Path) -> None:
    unpack(archive, tmp_path / "to")
    assert (tmp_path / "to" / "lists" / "a.csv").read_text() == "customer_id\n1\n"
    assert (tmp_path / "to" / "log").read_bytes() == (tmp_path / "from" / "log").read_bytes()
    modes = {name: stat.S_IMODE((tmp_path / "to" / name).stat().st_mode) for name in ("lists", "log")}
    assert modes == {"lists": 0o700, "log": 0o600}
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert read_manifest(archive)["version"] == "1"


@pytest.mark.parametrize("kept", [0, 10, 200])
def test_an_archive_that_was_cut_off_is_refused(archive: Path, kept: int) -> None:
    archive.write_bytes(archive.read_bytes()[:kept])
    with pytest.raises(BrokenBackup):
        check_archive(archive)


def _made(path: Path, manifest: dict[str, object], members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as made:
        for name, content in {"manifest.json": json.dumps(manifest).encode(), **members}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize("name", ["data/../../evil", "/etc/evil", "data/unknown"])
def test_nothing_is_written_past_the_folder_or_unnamed_by_the_manifest(tmp_path: Path, name: str) -> None:
    bad = _made(tmp_path / "bad.tar.gz", {"format": 1, "files": {}}, {name: b"x"})
    with pytest.raises(BrokenBackup):
        unpack(bad, tmp_path / "to")
    assert not (tmp_path / "evil").exists()


def test_a_changed_file_a_missing_one_and_a_later_format_are_told(tmp_path: Path) -> None:
    listed = {"format": 1, "files": {"log": {"bytes": 1, "sha256": "0" * 64}}}
    with pytest.raises(BrokenBackup, match="log is not what the manifest says"):
        check_archive(_made(tmp_path / "changed.tar.gz", listed, {"data/log": b"x"}))
    with pytest.raises(BrokenBackup, match="log is missing"):
        check_archive(_made(tmp_path / "missing.tar.gz", listed, {}))
    with pytest.raises(UserError, match=r"segmentation 9\.9; this one reads format 1"):
        read_manifest(_made(tmp_path / "later.tar.gz", {"format": 2, "version": "9.9"}, {}))


def test_what_a_killed_backup_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".shop-20260630T0500Z.tar.gz.new"
    left.write_bytes(b"somebody")
    (tmp_path / "shop-20260629T0500Z.tar.gz").touch()
    remove_unfinished(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["shop-20260629T0500Z.tar.gz"]


def test_a_backup_that_fails_leaves_the_one_before(archive: Path, tmp_path: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(UserError, match="gone"):
        write_archive(archive, {}, [("gone", tmp_path / "gone")])
    with pytest.raises(UserError, match="cannot be written"):
        write_archive(tmp_path / "from" / "log" / "b.tar.gz", {}, [])
    assert archive.read_bytes() == before and not list(tmp_path.glob(".*"))
