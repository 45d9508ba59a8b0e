"""Mistakes at the command line end in a sentence, never in a traceback."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation_pipeline_tests.end_to_end.project import copy_project, segmentation


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("cli"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--as-of", "yesterday"), "not a day, expected YYYY-MM-DD"),
        (("run", "--as-of", "1999-01-01"), "lies before run.start_date"),
        (("run", "--as-of", "2999-01-01"), "is not over yet"),
        (("run", "--from", "1999-01-01"), "--from 1999-01-01 lies before run.start_date"),
        (("run", "--from", "2026-06-02", "--as-of", "2026-06-01"), "lies after the last day to run, 2026-06-01"),
        (("explain", "C000001"), "Run 'segmentation run' first"),
        (("quarantine", "orders"), "Run 'segmentation run' first"),
        (("quarantine", "order"), "no source 'order'; did you mean 'orders'?"),
        (("alerts", "late"), "no alerts are configured"),
    ],
)
def test_mistakes_are_told_in_words(project: Path, arguments: tuple[str, ...], said: str) -> None:
    result = segmentation(project, *arguments)
    assert result.returncode == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_outside_a_project_the_way_in_is_named(tmp_path: Path) -> None:
    result = segmentation(tmp_path, "check")
    assert result.returncode == 1
    assert "config/sources.yaml" in result.stderr


def test_check_names_every_mistake_at_once(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "wrong")
    segmentations = project / "config" / "segmentations.yaml"
    segmentations.write_text(segmentations.read_text().replace("recency_days <= 90", "recency_day <= 90"))
    campaigns = project / "config" / "campaigns.yaml"
    campaigns.write_text(campaigns.read_text().replace("channel: sms", "channel: smss"))
    result = segmentation(project, "check")
    assert result.returncode == 1
    assert "segmentations.yaml" in result.stderr and "recency_days" in result.stderr
    assert "campaigns.yaml" in result.stderr and "sms" in result.stderr
    assert "Traceback" not in result.stderr


def test_generate_names_the_sources_there_are(tmp_path: Path) -> None:
    result = segmentation(tmp_path / "p", "generate", "--sources", "web_session", "--out", str(tmp_path / "out"))
    assert result.returncode == 2
    assert "web_session" in result.stderr and "web_sessions" in result.stderr


def test_generate_writes_a_sample(tmp_path: Path) -> None:
    copy_project(tmp_path / "p")
    result = segmentation(tmp_path / "p", "generate", "--customers", "50", "--seed", "3", "--out", str(tmp_path / "out"))
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "out" / "customers.csv").is_file()


@pytest.mark.slow
def test_check_says_when_campaigns_can_reach_nobody(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "no_ledger")
    sources = project / "config" / "sources.yaml"
    text = sources.read_text()
    start, end = text.index("  consents:"), text.index("  suppressions:")
    sources.write_text(text[:start] + text[end:])
    pipeline = project / "config" / "pipeline.yaml"
    pipeline.write_text(pipeline.read_text().replace("consents: 0.01, ", ""))
    result = segmentation(project, "check")
    assert result.returncode == 0, result.stderr
    assert "nobody will be contacted" in result.stdout


ONE_ORDER = {
    "csv": "order_id,customer_id,ordered_at,amount\no1,c1,2025-01-01,1.00\n",
    "jsonl": '{"order_id": "o1", "customer_id": "c1", "ordered_at": "2025-01-01", "amount": "1.00"}\n',
}


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_check_lists_what_the_files_of_every_format_lack_and_names_a_broken_one(tmp_path: Path, ending: str) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sources.yaml").write_text(f"sources:\n  orders:\n    files: orders.{ending}\n")
    orders = tmp_path / f"orders.{ending}"
    if ending == "parquet":
        one = {"order_id": "1", "customer_id": "1", "ordered_at": "2025-01-01", "amount": "1"}
        pq.write_table(pa.table({name: [value] for name, value in one.items()}), orders)
    else:
        orders.write_text(ONE_ORDER[ending])
    found = segmentation(tmp_path, "check")
    assert found.returncode == 0, found.stderr
    listed = " ".join(found.stdout.split())
    assert "discount_amount" in listed and "ordered_at" not in listed
    if ending == "jsonl":
        return  # a line that is no JSON is a malformed record, not a broken file
    orders.write_bytes(b"")
    broken = segmentation(tmp_path, "check")
    assert broken.returncode == 1 and f"orders.{ending}" in broken.stderr and "Traceback" not in broken.stderr
