"""A seal breaks with every change, and an erasure is none."""

from __future__ import annotations

import json
from datetime import datetime

from segmentation_pipeline.campaigns.seal import changed_files, seal_of, sealed
from segmentation_pipeline.privacy.tombstones import Kind
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


def test_an_erasure_seals_the_list_anew(tmp_path):
    where, manifest = made(tmp_path)
    erase_in_audiences(tmp_path, tmp_path, as_tombstones(b"k" * 32, datetime(2026, 7, 1), {Kind.CUSTOMER: ["a"]}))
    after = json.loads((where / "manifest.json").read_text("utf-8"))
    assert after["seal"] != manifest["seal"]
    assert changed_files(where, after, manifest["seal"]) == []


def test_a_manifest_of_an_earlier_version_has_no_seal_and_its_files_are_looked_at(tmp_path):
    where, manifest = made(tmp_path)
    del manifest["seal"]
    assert changed_files(where, manifest) == []
    (where / "audience.csv").unlink()
    assert changed_files(where, manifest) == ["audience.csv"]
