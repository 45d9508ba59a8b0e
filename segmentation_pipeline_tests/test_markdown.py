"""What is made plain for Markdown is seen as it was written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from segmentation_pipeline.markdown import lines, plain, seen


@given(st.text(st.sampled_from("\\\\[]()<>!ab \"'/:.")))
def test_nothing_of_a_text_is_followed_and_all_of_it_seen(text: str) -> None:
    assert seen(plain(text)) == text
    page = MarkdownIt("commonmark", {"html": True}).renderInline(plain(text))
    assert "<" not in page, "no link, picture or tag"


def test_lines_stay_below_each_other_and_are_seen_as_they_were() -> None:
    assert seen(plain(lines(["a < 1", "b"]))) == "a < 1\nb"
    assert MarkdownIt("commonmark").renderInline(lines(["a", "b"])) == "a<br />\nb"
