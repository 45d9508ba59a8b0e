"""Lists on disk lose the erased, and what is told of them stays true, also when that was interrupted."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from pathlib import Path

import pytest

from segmentation_pipeline.campaigns.stored import AUDIENCE_FILE
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.tombstones import Kind
from segmentation_pipeline.rights import audience_files
from segmentation_pipeline.rights.audience_files import correct_audience_files, erase_in_audiences
from segmentation_pipeline_tests.rights.stones import as_tombstones

STONES = as_tombstones(b"k" * 32, datetime(2026, 6, 1), {Kind.CUSTOMER: ["c1"]})
CONTENT = {"audience.csv": "customer_id\nC1\nC2\n", "holdout.csv": "customer_id\nC3\nC1\n"}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("changed_before", [0, 1, 2])
def test_hashes_are_right_after_an_interruption_anywhere(tmp_path: Path, monkeypatch, changed_before: int) -> None:
    folder = tmp_path / "2026-06-30" / "news"
    folder.mkdir(parents=True)
    facts = {}
    for name, content in CONTENT.items():
        (folder / name).write_text(content)
        facts[name] = {"rows": 2, "sha256": digest(content)}
    (folder / "manifest.json").write_text(json.dumps({"content_sha256": facts["audience.csv"]["sha256"], "files": facts}))
    engine = DuckDBEngine(None)
    listed = [(date(2026, 6, 30), "news", 1, name, 2, fact["sha256"]) for name, fact in facts.items()]
    columns = dict(zip(AUDIENCE_FILE, map(list, zip(*listed, strict=True)), strict=True))
    engine.write(tables.AUDIENCE_FILES, engine.memtable(columns, AUDIENCE_FILE))

    replacing, done = audience_files.replacing, []

    def killed(path: Path):
        if len(done) == changed_before:
            raise KeyboardInterrupt
        done.append(path)
        return replacing(path)

    with monkeypatch.context() as patched:
        patched.setattr(audience_files, "replacing", killed)
        if changed_before < 2:
            with pytest.raises(KeyboardInterrupt):
                erase_in_audiences(tmp_path, tmp_path, STONES)
        else:
            erase_in_audiences(tmp_path, tmp_path, STONES)
    correct_audience_files(engine, tmp_path, erase_in_audiences(tmp_path, tmp_path, STONES, dry=True))
    erase_in_audiences(tmp_path, tmp_path, STONES)
    manifest = json.loads((folder / "manifest.json").read_text())
    now = {name: {"rows": 1, "sha256": digest((folder / name).read_text()), "erased": 1} for name in CONTENT}
    assert (folder / "audience.csv").read_text() == "customer_id\nC2\n"
    assert manifest == {"content_sha256": now["audience.csv"]["sha256"], "files": now}
    stored = engine.rows(engine.table(tables.AUDIENCE_FILES).order_by("file"))
    assert [(row["file"], row["records"], row["sha256"]) for row in stored] == [
        (name, 1, now[name]["sha256"]) for name in sorted(CONTENT)
    ]
