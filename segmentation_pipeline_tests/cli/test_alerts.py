"""``segmentation alerts`` tries the ways and looks for a publication that is late."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.project import segmentation
from segmentation_pipeline_tests.services.http_receiver import http_receiver


def test_a_test_arrives_and_what_is_late_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sources.yaml").write_text("sources: {orders: {files: o.csv}}\n")
    (tmp_path / "config" / "pipeline.yaml").write_text("alerts: {webhook: {url_env: ALERT_URL}}\n")
    with http_receiver() as receiver:
        monkeypatch.setenv("ALERT_URL", f"http://127.0.0.1:{receiver.server_port}/")
        tried = segmentation(tmp_path, "alerts", "test")
        assert tried.returncode == 0 and "sent by webhook" in tried.stdout, tried.stderr
        late = [segmentation(tmp_path, "alerts", "late") for _ in range(2)]
        assert [each.returncode for each in late] == [0, 0] and "Nothing has been published yet." in late[1].stdout
        events = [json.loads(body)["event"] for _, body in receiver.got]
    assert events == ["test", "publication_late"]
    refused = segmentation(tmp_path, "alerts", "test")
    assert refused.returncode == 1 and "127.0.0.1 cannot be reached" in refused.stderr and "Traceback" not in refused.stderr
