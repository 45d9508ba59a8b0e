"""The pictures of the documentation, taken anew: ``make pictures`` writes them to ``docs/pictures``.

A run of the sample is made in a copy of the project, Dagster's UI is started on it, and Chromium looks at the UI, the report,
the Data Docs, the terminal and the site of the documentation.  Sizes are those of ``PICTURES``; moments and ids of runs differ
each time.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from rich.console import Console
from rich.text import Text

from scripts.browser import HEIGHT, NARROW, WIDTH, browser, new_page
from scripts.docs_site import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = ROOT / "docs" / "pictures"
SITE = ROOT / "build" / "site" / "index.html"
MOST_BYTES = 150_000
_COLOURS = 256
_COLUMNS = 100
_TERMINAL = """<!doctype html><meta charset="utf-8"><style>{stylesheet} pre {{ font: 13px/1.25 monospace; margin: 1rem }}</style>
<pre>{code}</pre>"""
_LONGER_STEPS = 900
"""How far down the timeline the steps are that take longer than a dot is wide."""
_UI_STARTS_WITHIN_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Picture:
    """What is seen at ``address``, once ``prepare`` has clicked what is to be clicked.

    ``address`` is a path of the UI, or begins with ``project:``, a file of the project, or is a file.
    """

    name: str
    address: str
    prepare: Callable[[Page], None] = lambda page: None
    dark: bool = False
    width: int = WIDTH
    height: int = HEIGHT


def _shown(text: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_text(text, exact=True).first.click()


def _scrolled(selector: str) -> Callable[[Page], None]:
    return lambda page: page.evaluate("selector => document.querySelector(selector).scrollIntoView()", selector)


def _printed(page: Page) -> None:
    page.emulate_media(media="print")
    _scrolled("#sheets .sheet")(page)


def _latest_run(page: Page) -> None:
    page.locator('a[href*="/runs/"]').first.click()
    page.get_by_text("Hide not started steps").wait_for()
    page.get_by_text("Loading run logs…").wait_for(state="hidden")
    below = page.get_by_text("Events", exact=True).bounding_box()
    assert below is not None
    page.mouse.move(WIDTH // 2, below["y"] - 22)  # the border between the steps and what they said, which names folders
    page.mouse.down()
    page.mouse.move(WIDTH // 2, HEIGHT - 5, steps=5)
    page.mouse.up()
    page.mouse.move(WIDTH // 2, HEIGHT // 2)
    page.mouse.wheel(0, _LONGER_STEPS)


def _with_room(page: Page) -> None:
    page.get_by_text("Hide navigation").click()
    page.reload(wait_until="networkidle")  # a graph is drawn as large as fits when it is loaded


REPORT = "project:data/published/report.html"
PICTURES = (
    Picture("graph", "/asset-groups", _with_room),
    Picture("asset", "/assets/segments/customer_profile"),
    Picture("lineage", "/assets/segments/customer_profile?view=lineage&lineageScope=upstream&lineageDepth=1"),
    Picture("checks", "/assets/segments/customer_segments?view=checks", _shown("guards")),
    Picture("events", "/assets/segments/customer_profile?view=events"),
    Picture("picture", "/assets/segments/customer_profile?view=events", _shown("[Show Markdown]")),
    Picture("run", "/runs", _latest_run),
    Picture("jobs", "/jobs", lambda page: page.get_by_text("segments_and_campaigns").wait_for(), height=480),
    Picture("data_docs", "project:data/data_docs/index.html", height=500),
    Picture("terminal", "project:terminal.html", width=900, height=620),
    Picture("report", REPORT, _scrolled("#customers")),
    Picture("report_dark", REPORT, _scrolled("#segments"), dark=True),
    Picture("report_narrow", REPORT, _scrolled("#segments"), width=NARROW, height=844),
    Picture("report_printed", REPORT, _printed, width=794, height=1123),  # a sheet of A4 at 96 dots an inch
    Picture("site", str(SITE)),
)


def main() -> int:
    if not SITE.is_file():
        raise SystemExit(f"There is no {SITE.relative_to(ROOT)}: 'make docs' makes it")
    with TemporaryDirectory() as folder:
        project = Path(folder) / "shop"
        for part in ("config", "data/raw"):
            shutil.copytree(ROOT / part, project / part)
        record_run(project)
        with ui(project) as address:
            take(project, address)
    return 0


def record_run(project: Path) -> None:
    """Makes a run and keeps what it says at its end, from the account of rows on, as ``terminal.html``."""
    settings = os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(_COLUMNS), "PYTHONPATH": str(ROOT)}
    run = subprocess.run(_segmentation("run"), cwd=project, env=settings, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(run.stdout + run.stderr)
    console = Console(record=True, file=StringIO(), width=_COLUMNS)
    console.print(Text.from_ansi(run.stdout[run.stdout.index("┏") :]))
    (project / "terminal.html").write_text(console.export_html(code_format=_TERMINAL), encoding="utf-8")


@contextmanager
def ui(project: Path) -> Iterator[str]:
    """The UI of the project on a free port, until the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, settings = f"http://127.0.0.1:{port}", os.environ | {"PYTHONPATH": str(ROOT)}
    with (project / "ui.log").open("w") as log:
        started = subprocess.Popen(_segmentation("ui", "--port", str(port)), cwd=project, env=settings, stdout=log, stderr=log)
    try:
        _wait_for(address, started)
        yield address
    finally:
        started.terminate()
        started.wait()


def _wait_for(address: str, started: subprocess.Popen[bytes]) -> None:
    for _ in range(_UI_STARTS_WITHIN_SECONDS):
        if started.poll() is not None:
            break
        try:
            urlopen(f"{address}/server_info").close()
            return
        except URLError:
            time.sleep(1)
    raise SystemExit("the UI did not start")


def take(project: Path, address: str) -> None:
    """Takes every picture, and says its size."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with browser() as opened:
        for picture in PICTURES:
            small = shrunk(_seen(opened, picture, project, address))
            (FOLDER / f"{picture.name}.png").write_bytes(small)
            sys.stdout.write(f"{picture.name:<16} {picture.width} x {picture.height} {len(small):>9,} bytes\n")
            if len(small) > MOST_BYTES:
                raise SystemExit(f"{picture.name}.png has more than {MOST_BYTES:,} bytes: make it smaller")


def _seen(opened: Browser, picture: Picture, project: Path, address: str) -> bytes:
    page = new_page(opened, dark=picture.dark, width=picture.width, height=picture.height)
    page.goto(_url(picture.address, project, address), wait_until="networkidle")
    page.wait_for_timeout(1500)  # a graph is laid out after its data has come
    picture.prepare(page)
    page.wait_for_timeout(1500)
    taken = page.screenshot(animations="disabled")
    page.context.close()
    return taken


def _url(place: str, project: Path, address: str) -> str:
    if place.startswith("project:"):
        return (project / place.removeprefix("project:")).as_uri()
    return Path(place).as_uri() if place.startswith(str(ROOT)) else f"{address}{place}"


def shrunk(png: bytes) -> bytes:
    """The picture in few colours, rare ones kept, which is a third of the bytes and looks the same."""
    from PIL import Image

    made = BytesIO()
    few = Image.open(BytesIO(png)).convert("RGB").quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(made, "PNG", optimize=True)
    return made.getvalue()


def _segmentation(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from segmentation_pipeline.cli import main; main()", *arguments]


if __name__ == "__main__":
    sys.exit(main())
