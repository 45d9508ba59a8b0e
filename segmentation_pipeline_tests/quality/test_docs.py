"""The static site shows suites and latest results of all tables, also of those that failed."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from segmentation_pipeline.config.schema import ExpectationConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.quality.checks import checks_for
from segmentation_pipeline.quality.validate import Validator
from segmentation_pipeline_tests.quality.shop import AS_OF, config, order, write_orders

LINKED = re.compile(r'<th scope="row"><a href="[^"]+">([^<]+)</a>')


def _pages(folder: Path) -> set[str]:
    return {page.relative_to(folder).parts[0] for page in folder.rglob("*.html")}


def test_the_site_has_rules_and_results_and_no_values(tmp_path: Path) -> None:
    engine = DuckDBEngine(None)
    mean = "expect_column_mean_to_be_between"
    refused = ExpectationConfig(table="orders", expectation=mean, arguments={"column": "amount", "min": 1})
    rules = checks_for(config(refused))
    write_orders(engine, order("O1", 1, status="lost-property"))
    with Validator(engine) as validator:
        for table in ("clean.orders", "clean.customers"):  # the second does not exist
            validator.validate(table, rules[table], AS_OF)
        index = validator.build_docs(tmp_path / "docs")
    assert index == tmp_path / "docs" / "index.html"
    assert _pages(tmp_path / "docs") == {"index.html", "expectations", "validations"}
    results = {page.name: page.read_text(encoding="utf-8") for page in (tmp_path / "docs" / "validations").rglob("*.html")}
    assert set(results) == {"clean.orders.html", "clean.customers.html"}
    assert "Failed" in results["clean.orders.html"]
    assert "lost-property" not in results["clean.orders.html"]
    assert "the table does not exist" in results["clean.customers.html"]
    assert LINKED.findall(index.read_text(encoding="utf-8")) == ["clean.customers", "clean.orders"]
    assert "<td>failed</td>" in index.read_text(encoding="utf-8")


def test_pages_load_nothing_and_need_no_script(tmp_path: Path) -> None:
    """Great Expectations' own list of results is filled by a script from elsewhere: without a network it is empty."""
    engine = DuckDBEngine(None)
    write_orders(engine, order("O1", 1))
    with Validator(engine) as validator:
        validator.validate("clean.orders", checks_for(config())["clean.orders"], AS_OF)
        index = validator.build_docs(tmp_path)
    for page in tmp_path.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert not re.search(r"""<script|(?:src|<link[^>]*href)=["']https?:|url\(["']?https?:""", html), page
    for link in re.findall(r'href="([^"]+)"', index.read_text(encoding="utf-8")):
        assert (tmp_path / link).is_file(), link


def test_a_later_site_replaces_the_earlier(tmp_path: Path) -> None:
    engine = DuckDBEngine(None)
    rules = checks_for(config())["clean.orders"]
    write_orders(engine, order("O1", 1))
    for day in (AS_OF, AS_OF + timedelta(days=1)):
        with Validator(engine) as validator:
            validator.validate("clean.orders", rules, day)
            validator.validate("clean.orders", rules, day)
            validator.build_docs(tmp_path)
    assert "2025-04-01" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "2025-03-31" not in (tmp_path / "index.html").read_text(encoding="utf-8")
