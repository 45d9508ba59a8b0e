"""Data Docs that ask nothing of any server: Great Expectations takes style, scripts and logo of its pages from elsewhere.

Without those its list of results stays empty, as a script fills it.  Here the pages lose what they would load, and every
script with it, are given a style of their own, and the list is a plain table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

_LOADED = re.compile(
    r"""<script\b.*?</script>|<link\b[^>]*\bhref=["']https?://[^>]*>|<img\b[^>]*\bsrc=["']https?://[^>]*>"""
    r"""|url\(["']?https?://[^)]*\)""",
    re.DOTALL,
)
# Of what is left these are a picture that is not there, an advertisement, and buttons that only a script answers.
_LOGO = re.compile(r'<div class="float-left navbar-brand.*?</div>', re.DOTALL)
_ADVERT = re.compile(r"<footer\b.*?</footer>", re.DOTALL)
_FILTER = re.compile(
    r'<div class="card mb-3">\s*<div class="card-header p-2">\s*<strong>Actions</strong>.*?</label>(?:\s*</div>){5}', re.DOTALL
)
_FAILED = re.compile(r"Status:(?:\s|<[^>]*>)*Failed")
_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1rem 1.25rem 3rem; }
a { color: light-dark(#00538a, #8ccbf6); }
ol, ul { padding-left: 1.2rem; }
.breadcrumb { list-style: none; display: flex; gap: 0.75rem; padding: 0; }
.navbar { height: auto !important; }
table { border-collapse: collapse; margin: 0.5rem 0 1rem; }
th, td { border-bottom: 1px solid #8a929b; padding: 0.3rem 1rem 0.3rem 0; text-align: left; vertical-align: top; }
.badge { border: 1px solid #8a929b; border-radius: 4px; padding: 0 0.3rem; }
.fa-check-circle::before { content: "\\2713"; }
.fa-times::before { content: "\\2717"; }
.fa-exclamation-triangle::before { content: "\\26a0"; }
.cooltip .top { display: none; }
"""


def take_offline(folder: Path) -> Path:
    """Rewrites the pages of a site that Great Expectations wrote to ``folder``, and its first one; the path of that."""
    for page in folder.rglob("*.html"):
        page.write_text(_offline(page.read_text(encoding="utf-8")), encoding="utf-8")
    index = folder / "index.html"
    index.write_text(_index(folder), encoding="utf-8")
    return index


def _offline(html: str) -> str:
    for without in (_FILTER, _LOGO, _ADVERT, _LOADED):
        html = without.sub("", html)
    html = html.replace("<html>", '<html lang="en">', 1)
    return html.replace("</head>", f"<style>{_STYLE}</style></head>", 1)


def _index(folder: Path) -> str:
    """The results of each table beside its rules, those that failed first."""
    found = sorted(_results(folder), key=lambda result: (result[0] != "failed", *result[1:]))
    rows = "".join(
        f'<tr><td>{outcome}</td><th scope="row"><a href="{escape(page)}">{escape(table)}</a></th><td>{day}</td>'
        f'<td><a href="expectations/{escape(table.replace(".", "/", 1))}.html">rules</a></td></tr>'
        for outcome, table, day, page in found
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Data Docs</title><style>{_STYLE}</style></head>'
        "<body><main><h1>Data Docs</h1><p>What was checked, by table and day: rules and figures, no values of rows.</p>"
        '<table><thead><tr><th scope="col">outcome</th><th scope="col">table</th><th scope="col">day</th>'
        f'<th scope="col">what must hold</th></tr></thead><tbody>{rows}</tbody></table></main></body></html>\n'
    )


def _results(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """Outcome, table, day and page of each result; Great Expectations puts it into a folder of its day."""
    for page in sorted((folder / "validations").rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        outcome = "failed" if _FAILED.search(text) else "passed"
        yield outcome, page.stem, page.parents[1].name, page.relative_to(folder).as_posix()
