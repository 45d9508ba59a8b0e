"""What stops a page of ours, and that the report passes where a browser is there."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from scripts.accessibility import Finding, View, examine, unwanted
from scripts.browser import CHROMIUM, NARROW
from segmentation_pipeline.report.page import page
from segmentation_pipeline_tests.report.tiny import config_of, reading, write

MINOR = {"impact": "moderate", "id": "region", "help": "h", "nodes": [{"html": "<p>\n a</p>", "failureSummary": "Fix:\n  one"}]}


def test_serious_violations_and_requests_stop_and_lesser_ones_do_not() -> None:
    view = View("report", Path("/report.html"))
    assert not Finding(view, [MINOR], 40, []).stops()
    assert Finding(view, [MINOR | {"impact": "serious"}], 40, []).stops()
    assert Finding(view, [], 40, ["https://fonts.test/a.css"]).stops()


def test_a_violation_is_told_with_its_page_and_the_first_element_at_fault() -> None:
    told = list(Finding(View("report", Path("/report.html")), [MINOR], 40, ["https://a.test/"]).lines())
    assert told == ["report: moderate: region: h: 1 x <p> a</p>", "  one", "report: requests https://a.test/"]


def test_the_report_may_request_nothing_and_a_page_of_the_site_its_files_alone() -> None:
    requested = ["file:///site/a.html", "file:///site/a.css", "https://cdn.test/b.js"]
    assert unwanted(View("a", Path("/site/a.html")), requested) == requested[1:]
    assert unwanted(View("a", Path("/site/a.html"), files=True), requested) == requested[2:]


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed: apt-get install chromium")
@pytest.mark.skipif(
    not (find_spec("playwright") and find_spec("axe_playwright_python")), reason="needs the extra 'pictures' of pyproject.toml"
)
def test_a_browser_finds_no_violation_in_a_report_and_no_request(tmp_path: Path) -> None:
    config = config_of(tmp_path / "config")
    customers = [
        {
            "customer_id": f"C{n}",
            "frequency": 2,
            "frequency_90d": n % 2,
            "monetary_365d": 10,
            "monetary_previous_365d": 8,
            "gross_revenue": 20,
        }
        for n in range(20)
    ]
    publication = write(tmp_path / "segmentation.duckdb", config, {"customer_profile": customers})
    report = tmp_path / "report.html"
    with reading(publication, config) as reader:
        report.write_text(page(reader, publication).html, encoding="utf-8")
    views = [View("light", report), View("dark", report, dark=True), View("narrow", report, width=NARROW)]
    found = examine(views)
    assert [line for finding in found for line in finding.lines()] == []
    assert all(finding.passes > 20 for finding in found), "axe-core looked at nothing"
