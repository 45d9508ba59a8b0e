"""Tables are read row by row: headers with scope, texts escaped, the first of many."""

from __future__ import annotations

from segmentation_pipeline.report.html_table import Shaded, html_table
from segmentation_pipeline_tests.report.parsed import Page


def test_headers_say_what_they_head_and_numbers_are_set_right() -> None:
    page = Page(html_table("Sizes", ("segment", "customers"), [("a", "3"), ("b", Shaded("9 %", 4))]))
    assert [tag.attributes["scope"] for tag in page.of("th")] == ["col", "col", "row", "row"]
    assert [tag.attributes.get("class") for tag in page.of("td")] == ["n", "n d4"]
    assert page.of("caption") and page.of("div")[0].attributes["aria-label"] == "Sizes"


def test_of_many_rows_the_first_are_shown_and_the_rest_counted() -> None:
    page = Page(html_table("t", ("a", "b"), [(str(n), "1") for n in range(50)], most=10))
    assert len(page.of("tr")) == 1 + 10 + 1 and "and 40 more" in page.text


def test_markup_in_a_cell_is_text() -> None:
    page = Page(html_table("<i>", ("<b>", "x"), [("<script>", "&amp;")], texts=2))
    assert {tag.name for tag in page.tags} <= {"div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert "<script>" in page.text and "&amp;" in page.text
