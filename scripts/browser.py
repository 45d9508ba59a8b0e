"""Debian's Chromium, driven by Playwright: what looks at our pages as a person would.

``pip install 'segmentation-pipeline[pictures]'`` brings Playwright, whose own browsers are not needed; ``CHROMIUM`` names
another program than ``/usr/bin/chromium``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
WIDTH, HEIGHT = 1400, 860
NARROW = 390
"""Of a telephone, in CSS pixels."""
_PATIENCE_MILLISECONDS = 180_000
"""A machine that does other things beside takes minutes for what takes seconds."""
_QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium without a window, with a profile of its own that is gone afterwards."""
    if not CHROMIUM.exists():
        raise SystemExit(f"{CHROMIUM} is not there: apt-get install chromium, or name another in the variable CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_QUIET))
        yield opened
        opened.close()


def new_page(opened: Browser, *, dark: bool = False, width: int = WIDTH, height: int = HEIGHT) -> Page:
    """An empty page that looks the same on every machine."""
    page = opened.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        locale="en-GB",
        timezone_id="UTC",
        reduced_motion="reduce",
    ).new_page()
    page.set_default_timeout(_PATIENCE_MILLISECONDS)
    return page
