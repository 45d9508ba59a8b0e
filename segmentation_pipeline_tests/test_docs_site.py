"""The documentation: every link leads somewhere, on GitHub and in the site, and the site asks nothing of any server."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from scripts.docs_site import anchors, broken_links, links, pages, spaced
from segmentation_pipeline_tests.end_to_end.project import ROOT

NAVIGATION = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
LOADED = re.compile(
    r"""<(?:script|img|iframe|link|source|object|embed)\b[^>]*?\b(?:src|href|data)=["']?((?:https?:)?//[^"' >]+)"""
)
"""What a browser fetches by itself; a link (``<a>``) waits for a click."""
STYLE = re.compile(r"""(?:@import\s+|url\()["']?((?:https?:)?//[^"')]+)""")


def _named(entry: object) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    else:
        for below in entry if isinstance(entry, list) else entry.values():  # type: ignore[attr-defined]
            yield from _named(below)


def test_every_relative_link_leads_to_a_page_a_heading_or_a_file() -> None:
    assert broken_links() == ()


def test_every_page_is_in_the_navigation_once() -> None:
    assert sorted(_named(NAVIGATION)) == [str(page) for page in pages()]


def test_every_decision_is_in_the_list_by_its_title() -> None:
    folder = ROOT / "docs" / "decisions"
    titles = {path.name: path.read_text(encoding="utf-8").partition("\n")[0] for path in folder.glob("0*.md")}
    listed = re.findall(r"^- \[(\d+)\]\((.+?)\) (.+)$", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [(name, f"# {number} {title}") for number, name, title in listed] == sorted(titles.items())


def test_a_link_to_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A b\n", encoding="utf-8")
    (tmp_path / "README.md").write_text(
        "# Title\n[ok](docs/a.md#a-b) [self](#title) [web](https://example.org/x.md) `[code](no.md)`\n"
        "```\n[block](no.md)\n```\n[gone](docs/b.md) [folder](docs) ![gone](no.png) [anchor](docs/a.md#c)\n",
        encoding="utf-8",
    )
    assert broken_links(tmp_path) == (
        "README.md: docs/b.md: there is no such file",
        "README.md: docs: a folder; name a page in it",
        "README.md: no.png: there is no such file",
        "README.md: docs/a.md#c: there is no such heading",
    )


def test_anchors_are_those_of_github() -> None:
    text = '# `segment_kpis`: a day, *twice*\n## [A link](x.md) & more\n## Same\n## Same\n```\n# no heading\n```\n<a id="by-hand"></a>'
    assert anchors(text) == {"segment_kpis-a-day-twice", "a-link--more", "same", "same-1", "by-hand"}


def test_links_in_code_are_none() -> None:
    assert list(links('[a](b.md) `[c](d.md)` ``[e](`f`.md)``\n![p](q%20r.png "title")')) == ["b.md", "q r.png"]


def test_a_list_after_a_paragraph_gets_the_empty_line_it_needs() -> None:
    text = "Text:\n- a\n  more\n- b\n\n```\ncode\n- no list\n```\nlasts until\n40. is no list\n1. one\n2. two"
    made = "Text:\n\n- a\n  more\n- b\n\n```\ncode\n- no list\n```\nlasts until\n40. is no list\n\n1. one\n2. two"
    assert spaced(text) == made


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere() -> None:
    made = subprocess.run([sys.executable, "scripts/docs_site.py"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert made.returncode == 0 and "No issues found" in made.stdout + made.stderr, made.stdout + made.stderr
    site = ROOT / "build" / "site"
    html = {path.relative_to(site): path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    of_page = {page.with_name("index.html" if page.name == "README.md" else f"{page.stem}.html") for page in pages()}
    assert of_page <= set(html) and Path("index.html") in of_page
    assert {found for text in html.values() for found in (*LOADED.findall(text), *STYLE.findall(text))} == set()
    assert {found for path in site.rglob("*.css") for found in STYLE.findall(path.read_text(encoding="utf-8"))} == set()
    assert (site / "search.js").is_file() and 'src="./docs/theme/iframe-worker.js"' in html[Path("index.html")]
    prose = {page: "\n".join(re.findall(r"<p>(.*?)</p>", text, re.DOTALL)) for page, text in html.items()}
    unread = {page: found for page, text in prose.items() if (found := re.findall(r"^(?:- |\* |\| |```).*", text, re.MULTILINE))}
    assert unread == {}, "lists, tables and code that Python-Markdown took for text"
    assert not any('class="mermaid"' in text for text in html.values()), "diagrams make the theme load Mermaid from unpkg.com"
