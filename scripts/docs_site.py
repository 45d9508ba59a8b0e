"""The documentation as a site of HTML files that opens from disk: ``make docs`` writes it to ``build/site``.

Pages lie in the site under the paths they have in the repository, so one relative link serves GitHub and the site, and
README.md, CHANGELOG.md and CONTRIBUTING.md need no second copy.  They are copied to ``build/site_source`` with the files
they link to, and built by Zensical from ``mkdocs.yml``, which any warning stops.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("*.md", "docs/**/*.md", "examples/*/README.md", "benchmarks/*.md", "data/raw/README.md")
THEME = "docs/theme/*"

_FENCE = re.compile(r"^ *(```|~~~)")
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"\]\(<?([^()\s<>]+)>?(?: \"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6} +(.+?)(?: +#+)?$")
_NAMED = re.compile(r'<a id="([^"]+)">')
_ITEM = re.compile(r"^ {0,3}(?:[-*+]|1\.) ")


def pages(root: Path = ROOT) -> tuple[Path, ...]:
    """Every page of the site, by its path in the repository."""
    return tuple(sorted({path.relative_to(root) for pattern in PAGES for path in root.glob(pattern)}))


def links(text: str) -> Iterator[str]:
    """The relative links of a page: its pictures included, what stands in code left out."""
    prose = "\n".join(line for line, is_code in _lines(text) if not is_code)
    for target in _LINK.findall(_CODE.sub("", prose)):
        if not re.match(r"[a-z][a-z0-9+.-]*:", target):
            yield unquote(target)


def anchors(text: str) -> frozenset[str]:
    """What may stand behind ``#`` in a link to the page: headings, as GitHub names them, and places named by hand."""
    found: list[str] = []
    for line, is_code in _lines(text):
        found += [] if is_code else _NAMED.findall(line)
        if not is_code and (heading := _HEADING.match(line)):
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
            slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
            found.append(f"{slug}-{found.count(slug)}" if slug in found else slug)
    return frozenset(found)


def broken_links(root: Path = ROOT) -> tuple[str, ...]:
    """A line for each relative link that leads nowhere on GitHub, or leads to what a site cannot show: a folder."""
    found: list[str] = []
    for page in pages(root):
        for link in links((root / page).read_text(encoding="utf-8")):
            name, _, anchor = link.partition("#")
            target = (root / page.parent / name).resolve() if name else root / page
            if not target.is_file():
                found.append(f"{page}: {link}: {'a folder; name a page in it' if target.is_dir() else 'there is no such file'}")
            elif anchor and anchor not in anchors(target.read_text(encoding="utf-8")):
                found.append(f"{page}: {link}: there is no such heading")
    return tuple(found)


def spaced(text: str) -> str:
    """The page with an empty line before each list, which Python-Markdown wants and GitHub does not."""
    made: list[str] = []
    for line, is_code in _lines(text):
        before = made[-1] if made else ""
        if not is_code and _ITEM.match(line) and before and not _ITEM.match(before) and not before.startswith((" ", "#")):
            made.append("")
        made.append(line)
    return "\n".join(made)


def stage(target: Path, root: Path = ROOT) -> None:
    """Copies the pages to ``target``, with the files of the repository they link to."""
    shutil.rmtree(target, ignore_errors=True)
    files = {path.relative_to(root) for path in root.glob(THEME)}
    for page in pages(root):
        text = (root / page).read_text(encoding="utf-8")
        _write(target / page, spaced(text))
        linked = {(root / page.parent / link.partition("#")[0]).resolve() for link in links(text)}
        files |= {path.relative_to(root) for path in linked if path.is_file() and path.suffix != ".md"}
    for file in sorted(files):
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / file, target / file)


def build(root: Path = ROOT) -> int:
    """Builds the site; the exit code is that of the builder, for which a warning is a failure."""
    stage(root / "build" / "site_source", root)
    shutil.rmtree(root / "build" / "site", ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "--config-file", str(root / "mkdocs.yml")]
    return subprocess.run(command, cwd=root, check=False).returncode


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line with whether it belongs to a block of code."""
    fenced = False
    for line in text.split("\n"):
        is_fence = bool(_FENCE.match(line))
        yield line, fenced or is_fence
        fenced ^= is_fence


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(build())
