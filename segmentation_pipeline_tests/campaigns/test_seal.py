"""A seal breaks with every change; an erasure is none where the log says so."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from segmentation_pipeline.campaigns.audience_log import SEALED, AudienceLog
from segmentation_pipeline.campaigns.seal import changed_files, seal_of, sealed
from segmentation_pipeline.ingest.files import fingerprint
from segmentation_pipeline.privacy.tombstones import Kind
from segmentation_pipeline.rights import audience_files
from segmentation_pipeline.rights.audience_files import erase_in_audiences
from segmentation_pipeline_tests.campaigns import test_upload as lists
from segmentation_pipeline_tests.rights.stones import as_tombstones


def made(folder):
    lists.write(folder, "klaviyo")
    where = folder / lists.DAY.isoformat() / "spring"
    return where, json.loads((where / "manifest.json").read_text("utf-8"))


def test_a_list_as_it_was_made_is_whole(tmp_path):
    where, manifest = made(tmp_path)
    assert changed_files(where, manifest, manifest["seal"]) == []


def test_every_changed_or_missing_file_is_told(tmp_path):
    where, manifest = made(tmp_path)
    for name in manifest["files"]:
        content = (where / name).read_bytes()
        (where / name).write_bytes(content + b"x")
        assert changed_files(where, manifest) == [name]
        (where / name).unlink()
        assert changed_files(where, manifest) == [name]
        (where / name).write_bytes(content)
    assert changed_files(where, manifest) == []


def test_whatever_the_manifest_says_is_under_the_seal(tmp_path):
    where, manifest = made(tmp_path)
    for key in manifest.keys() - {"seal", "files"}:
        assert changed_files(where, manifest | {key: "other"}) == ["manifest.json"], key
    forged = sealed(manifest | {"config_sha256": "other"})
    assert changed_files(where, forged) == [], "whoever writes a fitting seal is found by the log alone"
    assert changed_files(where, forged, manifest["seal"]) == ["manifest.json"]


def test_the_order_of_keys_is_no_change():
    assert seal_of({"a": 1, "b": 2}) == seal_of({"b": 2, "a": 1, "seal": "x"})


def sealed_list(folder):
    """A list that was sealed, and the log that knows it."""
    where, manifest = made(folder)
    log = AudienceLog(folder / "audience_log.jsonl")
    log.add(SEALED, lists.DAY, "spring", seal=manifest["seal"])
    return where, manifest, log


def erase(folder, log, customer="a"):
    """The manifest after an erasure, and the seal the log then demands."""
    stones = as_tombstones(b"k" * 32, datetime(2026, 7, 1), {Kind.CUSTOMER: [customer]})
    erase_in_audiences(folder, folder, stones, log=log)
    [seal] = log.seals().values()
    return json.loads((folder / lists.DAY.isoformat() / "spring" / "manifest.json").read_text("utf-8")), seal


def test_an_erasure_seals_the_list_anew_and_says_so_in_the_log(tmp_path):
    where, manifest, log = sealed_list(tmp_path)
    after, seal = erase(tmp_path, log)
    assert seal == after["seal"] != manifest["seal"]
    assert changed_files(where, after, seal) == []
    again, last = erase(tmp_path, log, "b")
    assert last == again["seal"] != seal
    assert changed_files(where, again, last) == []
    assert [event.event for event in log.events()] == ["sealed", "erased", "erased"]


def test_what_is_changed_by_hand_after_an_erasure_is_told(tmp_path):
    where, _, log = sealed_list(tmp_path)
    after, seal = erase(tmp_path, log)
    with (where / "klaviyo.csv").open("a") as file:
        file.write('"x@example.org",,,\n')
    assert changed_files(where, after, seal) == ["klaviyo.csv"]
    after["files"]["klaviyo.csv"]["sha256"] = fingerprint(where / "klaviyo.csv")
    assert changed_files(where, sealed(after), seal) == ["manifest.json"], "a seal that fits, and the log knows another"


@pytest.mark.parametrize("seal_it", [sealed, dict], ids=["with a seal that fits", "under the old seal"])
def test_an_erasure_makes_nothing_whole_that_was_changed_by_hand_before(tmp_path, seal_it):
    where, manifest, log = sealed_list(tmp_path)
    (where / "manifest.json").write_text(json.dumps(seal_it(manifest | {"config_sha256": "other"})))
    after, seal = erase(tmp_path, log)
    assert after["files"]["audience.csv"]["erased"] == 1
    assert changed_files(where, after, seal) == ["manifest.json"]


def test_an_erasure_killed_between_log_and_manifest_comes_to_the_same_seal(tmp_path, monkeypatch):
    where, _, log = sealed_list(tmp_path)

    def killed(path, text):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(audience_files, "write_private", killed)
        with pytest.raises(KeyboardInterrupt):
            erase(tmp_path, log)
    after, seal = erase(tmp_path, log)
    assert changed_files(where, after, seal) == []
    assert [event.event for event in log.events()] == ["sealed", "erased"]


def test_a_list_nobody_sealed_has_no_seal_to_be_held_to(tmp_path):
    made(tmp_path)
    log = AudienceLog(tmp_path / "audience_log.jsonl")
    erase_in_audiences(tmp_path, tmp_path, as_tombstones(b"k" * 32, datetime(2026, 7, 1), {Kind.CUSTOMER: ["a"]}), log=log)
    assert log.events() == []


def test_a_manifest_of_an_earlier_version_has_no_seal_and_its_files_are_looked_at(tmp_path):
    where, manifest = made(tmp_path)
    del manifest["seal"]
    assert changed_files(where, manifest) == []
    (where / "audience.csv").unlink()
    assert changed_files(where, manifest) == ["audience.csv"]
