"""Accessibility of the report and the documentation by axe-core, and what the report asks of servers: ``make accessibility``.

Prints a table of page and violations by impact, and each violation.  The exit code is 1 where one is serious or critical, or
where a page requests what it should not: the report anything, a page of the documentation anything but files beside it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table

from scripts.browser import NARROW, WIDTH, browser, new_page
from scripts.docs_site import ROOT

IMPACTS = ("critical", "serious", "moderate", "minor")
STOPS = ("critical", "serious")
REPORT = ROOT / "data" / "published" / "report.html"
SITE = ROOT / "build" / "site"
OF_SITE = ("index.html", "docs/tour.html", "docs/report.html", "docs/reference/tables.html")


@dataclass(frozen=True, slots=True)
class View:
    """A page as somebody sees it; ``files``: it is made of several, which it may request."""

    name: str
    path: Path
    dark: bool = False
    width: int = WIDTH
    files: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What axe-core says of a view: ``violations`` as it gives them, ``passes`` how many rules hold; ``requests`` are the
    addresses it should not have asked for."""

    view: View
    violations: Sequence[Mapping[str, object]]
    passes: int
    requests: Sequence[str]

    def by_impact(self) -> Counter[str]:
        return Counter(str(violation["impact"]) for violation in self.violations)

    def stops(self) -> bool:
        return bool(self.requests) or any(self.by_impact()[impact] for impact in STOPS)

    def lines(self) -> Iterator[str]:
        """A line for each violation, with the first element at fault, and for each request."""
        for violation in self.violations:
            nodes = cast("list[Mapping[str, object]]", violation["nodes"])
            first = " ".join(str(nodes[0]["html"]).split())[:160]
            yield f"{self.view.name}: {violation['impact']}: {violation['id']}: {violation['help']}: {len(nodes)} x {first}"
            yield from str(nodes[0]["failureSummary"]).splitlines()[1:]
        yield from (f"{self.view.name}: requests {address}" for address in self.requests)


def views(report: Path = REPORT, site: Path = SITE) -> tuple[View, ...]:
    """The report in light, in the dark and on a telephone; pages of the site, the first of them in the dark too."""
    return (
        View("report", report),
        View("report, dark", report, dark=True),
        View("report, narrow", report, width=NARROW),
        *(View(name, site / name, files=True) for name in OF_SITE),
        View(f"{OF_SITE[0]}, dark", site / OF_SITE[0], dark=True, files=True),
    )


def examine(seen: Sequence[View]) -> list[Finding]:
    """Opens each view and asks axe-core, with everything that can be unfolded unfolded."""
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    found = []
    with browser() as opened:
        for view in seen:
            page, requested = new_page(opened, dark=view.dark, width=view.width), []
            page.on("request", lambda request, requested=requested: requested.append(request.url))
            page.goto(view.path.as_uri(), wait_until="load")
            page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
            page.evaluate(axe)  # by the debugger, which no policy of the page forbids
            result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            found.append(Finding(view, result["violations"], len(result["passes"]), unwanted(view, requested)))
            page.context.close()
    return found


def unwanted(view: View, requested: Sequence[str]) -> list[str]:
    """What a page requested beside itself and what it may."""
    return [url for url in requested if url != view.path.as_uri() and not (view.files and url.startswith("file:"))]


def table(findings: Sequence[Finding]) -> Table:
    """A row per view."""
    made = Table("page", *IMPACTS, "rules that hold", "requests")
    for finding in findings:
        counted = finding.by_impact()
        made.add_row(finding.view.name, *(str(counted[i]) for i in IMPACTS), str(finding.passes), str(len(finding.requests)))
    return made


def main() -> int:
    if missing := sorted({str(view.path) for view in views() if not view.path.is_file()}):
        raise SystemExit(f"There is no {', '.join(missing)}: 'make run' and 'make docs' make them")
    findings, console = examine(views()), Console()
    console.print(table(findings))
    for line in (line for finding in findings for line in finding.lines()):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return 1 if any(finding.stops() for finding in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
