"""What a page is put together from: sections, figures, and lines that say what would light a section up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from segmentation_pipeline.report.reader import Answer, Reader

NOTHING = Markup("")


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart or a table: ``says`` is its definition in words, ``answers`` are what it was drawn from, ``columns`` the
    ``table.column`` it shows, which the data dictionary defines.

    ``key`` tells it from all others of the page.  ``chart`` is for looking at; ``numbers`` are the same as a table, shown
    where there is no chart, else on demand; ``both``: beside the chart, on paper too.
    """

    key: str
    title: str
    says: str
    answers: Sequence[Answer]
    columns: Sequence[str] = ()
    chart: Markup = NOTHING
    numbers: Markup = NOTHING
    both: bool = False
    kind: str = "figure"


@dataclass(frozen=True, slots=True)
class Absent:
    """A figure that cannot be shown, and what would light it up."""

    title: str
    why: str
    kind: str = "absent"


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of what follows, with a text under it; ``sheet``: it begins a page when printed."""

    key: str
    title: str
    text: Markup = NOTHING
    sheet: bool = False
    kind: str = "heading"


Part = Figure | Absent | Heading


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter of the page."""

    key: str
    title: str
    lead: str
    parts: Sequence[Part] = field(default_factory=tuple)


def not_kept(reader: Reader, title: str, table: str, otherwise: str) -> Absent:
    """Why a table says nothing: it is of another day, or ``otherwise``."""
    if reader.has(table) and not reader.is_of_the_publication:
        return Absent(title, f"{table} holds the day of the publication alone, {reader.publication.day()}.")
    return Absent(title, otherwise)
