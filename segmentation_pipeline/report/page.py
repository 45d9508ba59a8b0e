"""The page: sections in order, in one file that asks nothing of anybody."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from segmentation_pipeline.report.figure import Figure
from segmentation_pipeline.report.reader import Reader
from segmentation_pipeline.report.sections.campaigns import campaigns
from segmentation_pipeline.report.sections.changes import changes
from segmentation_pipeline.report.sections.customers import customers
from segmentation_pipeline.report.sections.data import data
from segmentation_pipeline.report.sections.models import models
from segmentation_pipeline.report.sections.privacy import privacy
from segmentation_pipeline.report.sections.segments import segments
from segmentation_pipeline.report.sections.sheets import sheets

SECTIONS = (changes, customers, segments, campaigns, models, data, privacy, sheets)
"""In the order of the page; a new one is a file of ``sections`` and a line here."""


@dataclass(frozen=True, slots=True)
class Page:
    """The report as HTML, and how many figures it has."""

    html: str
    figures: int


def page(reader: Reader, publication: Path) -> Page:
    """The report of the reader's day, equal for equal publications; its queries are put to ``publication``."""
    style = _template("style.css")
    found = [section(reader) for section in SECTIONS]
    environment = Environment(autoescape=True, undefined=StrictUndefined)  # the one template is ours, all it is given escaped
    html = environment.from_string(_template("page.html")).render(
        sections=found,
        meaning=lambda column: reader.meaning(*column.split(".", 1)),
        day=reader.day.isoformat(),
        timezone=reader.config.pipeline.business.zone.key,
        publication_id=reader.publication_id,
        file=publication.name,
        is_folder=publication.is_dir(),
        style=Markup(style),
        style_hash=_hash(style),
    )
    return Page(html, sum(isinstance(part, Figure) for section in found for part in section.parts))


@cache
def _template(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _hash(style: str) -> str:
    """By what the page's own policy knows the one style sheet it allows."""
    return f"sha256-{b64encode(sha256(style.encode()).digest()).decode()}"
