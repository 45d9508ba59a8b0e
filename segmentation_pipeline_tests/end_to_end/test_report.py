"""The report a run makes of the sample: whole, small, of nobody, and the same whenever it is made of the same tables."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import unescape
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.end_to_end.project import published, query, segmentation
from segmentation_pipeline_tests.report.parsed import Page

pytestmark = pytest.mark.slow


@cache
def report(project: Path) -> str:
    return Settings(project).report.read_text(encoding="utf-8")


def test_it_loads_nothing_and_its_policy_allows_nothing_but_its_own_style(sample_run: Path) -> None:
    page = Page(report(sample_run))
    assert page.outside == []
    [policy] = [
        tag.attributes["content"] for tag in page.of("meta") if tag.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    digest = b64encode(sha256(page.style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_it_is_small_and_everybody_may_read_the_file(sample_run: Path) -> None:
    path = Settings(sample_run).report
    assert 100_000 < path.stat().st_size < 1_500_000
    assert path.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in path.parent.iterdir() if each.name.startswith(".")] == [], "nothing half made is left"


def test_it_can_be_walked_by_keyboard_and_heard(sample_run: Path) -> None:
    page = Page(report(sample_run))
    ids = page.ids
    assert len(ids) == len(set(ids))
    assert [tag.attributes["href"][1:] for tag in page.of("a") if tag.attributes["href"][1:] not in ids] == []
    assert all(svg.attributes.get("role") == "img" and svg.children[0] == "title" for svg in page.of("svg"))
    assert all(cell.attributes.get("scope") in ("col", "row") for cell in page.of("th"))
    assert all("caption" in table.children for table in page.of("table"))
    assert page.of("html")[0].attributes["lang"] == "en" and page.of("a")[0].attributes["class"] == "skip"
    levels = [int(tag.name[1]) for tag in page.tags if re.fullmatch("h[1-6]", tag.name)]
    assert levels[0] == 1 and all(after <= before + 1 for before, after in pairwise(levels))


def test_every_figure_has_a_definition_and_a_query_that_gives_rows(sample_run: Path) -> None:
    figures = re.findall(r"<figure id=.*?</figure>", report(sample_run), re.DOTALL)
    assert len(figures) > 30
    with duckdb.connect(str(published(sample_run)), read_only=True) as connection:
        for figure in figures:
            queries = [unescape(text) for text in re.findall(r"<pre><code>(.*?)</code></pre>", figure, re.DOTALL)]
            assert queries and re.search(r"<figcaption>.*?<p>\S.*?</p>", figure, re.DOTALL)
            assert '<ul class="terms">' in figure, "the dictionary says what its columns mean"
            for text in queries:
                assert connection.execute(text).fetchall(), text


def test_no_single_customer_is_in_it(sample_run: Path) -> None:
    text = report(sample_run)
    assert [key for (key,) in query(sample_run, "SELECT customer_id FROM customer_profile") if key in text] == []


def test_it_tells_every_section_and_segment(sample_run: Path) -> None:
    page = Page(report(sample_run))
    assert [section.attributes["id"] for section in page.of("section")] == [
        "changes", "customers", "segments", "campaigns", "models", "data", "privacy", "sheets"
    ]  # fmt: skip
    for (segment,) in query(sample_run, "SELECT segment FROM segment_profiles"):
        assert segment.replace("_", " ") in page.text
    assert "recency days at most 90" in page.text


def test_the_command_makes_the_same_bytes(sample_run: Path, tmp_path: Path) -> None:
    done = segmentation(sample_run, "report", "--out", str(tmp_path / "again.html"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "again.html").read_bytes() == Settings(sample_run).report.read_bytes()
    missing = segmentation(sample_run, "report", "--as-of", "2020-01-01")
    assert missing.returncode == 1 and "no run of this day is published" in missing.stderr
