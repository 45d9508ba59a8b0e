"""Files for platforms name nobody, and still lose the erased: by what the record beside them says."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from segmentation_pipeline.audience_profiles.catalog import audience_profiles
from segmentation_pipeline.privacy.tombstones import Kind
from segmentation_pipeline.rights import audience_files
from segmentation_pipeline.rights.audience_files import erase_in_audiences
from segmentation_pipeline.rights.recipients import removal_list
from segmentation_pipeline_tests.campaigns import test_upload as lists
from segmentation_pipeline_tests.rights.stones import as_tombstones

STONES = as_tombstones(b"k" * 32, datetime(2026, 7, 1), {Kind.CUSTOMER: ["a"]})
LATER = lists.DAY + timedelta(days=1)


def settings(name):
    profile = audience_profiles()[name]
    given = (
        {"profile_settings": {"match_on": list(profile.settings["match_on"].answers)[-1]}}
        if "match_on" in profile.settings
        else {}
    )
    return {"channel": profile.channels[0]} | given


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", sorted(audience_profiles()))
def test_no_file_of_any_profile_holds_an_erased_person_and_everybody_else_stays(tmp_path: Path, name: str) -> None:
    """Jane is on the first day's list and has left on the second, Eve stays."""
    lists.write(tmp_path / "with", name, **settings(name))
    lists.write(tmp_path / "with", name, people=(lists.EVE,), as_of=LATER, **settings(name))
    lists.write(tmp_path / "without", name, people=(lists.EVE,), **settings(name))
    erased = erase_in_audiences(tmp_path / "with", tmp_path, STONES)
    assert {Path(file).name.split(".")[1] for file in erased.files if Path(file).name.startswith(name)} >= {"removed", "members"}
    for day in (lists.DAY, LATER):
        folder = tmp_path / "with" / day.isoformat() / "spring"
        told = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
        for file in told:
            assert hashlib.sha256((folder / file).read_bytes()).hexdigest() == told[file]["sha256"]
    # A file without Jane is what a list without Jane would have been, but for Eve's place on it.
    now, never = (files(tmp_path / which / lists.DAY.isoformat()) for which in ("with", "without"))
    assert now.keys() == never.keys()
    if name not in ("parquet", "json_lines", "plain_csv"):  # those have the place
        assert {file for file in now if now[file] != never[file]} <= {
            "spring/manifest.json",
            "spring/audience.csv",
            "spring/added.csv",
        }
    assert not any(b"Jane" in content or b"gmail" in content or b"O'Hara" in content for content in now.values())
    assert not erase_in_audiences(tmp_path / "with", tmp_path, STONES).files, "nothing is left to erase"


@pytest.mark.parametrize("after", [1, 2, 3, 4, 5])
def test_an_erasure_interrupted_anywhere_is_finished(tmp_path: Path, monkeypatch, after: int) -> None:
    lists.write(tmp_path / "1", "google_customer_match", channel="ads")
    lists.write(tmp_path / "2", "google_customer_match", channel="ads")
    erase_in_audiences(tmp_path / "1", tmp_path, STONES)
    replacing, done = audience_files.replacing, []

    def killed(path: Path):
        if len(done) == after:
            raise KeyboardInterrupt
        done.append(path)
        return replacing(path)

    with monkeypatch.context() as patched:
        patched.setattr(audience_files, "replacing", killed)
        if after < 5:
            with pytest.raises(KeyboardInterrupt):
                erase_in_audiences(tmp_path / "2", tmp_path, STONES)
    erase_in_audiences(tmp_path / "2", tmp_path, STONES)
    assert files(tmp_path / "1") == files(tmp_path / "2")


def test_the_removal_list_says_what_the_platform_knows_the_person_by(tmp_path: Path) -> None:
    lists.write(tmp_path, "google_customer_match", channel="ads")
    told = removal_list(erase_in_audiences(tmp_path, tmp_path, STONES).removed).splitlines()
    assert told[0].endswith(",profile,found_by")
    digest = lists.digest("jdoe@gmail.com")
    assert f"{lists.DAY},spring,a,,,,,google_customer_match,Email {digest}" in told
