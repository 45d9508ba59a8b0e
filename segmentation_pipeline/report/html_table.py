"""Tables of the page: a caption, headers with their scope, numbers set right, and no more rows than one reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

MOST_ROWS = 40
"""Rows of a table; of more, how many are left out is said."""


@dataclass(frozen=True, slots=True)
class Shaded:
    """A cell that is shaded by how much it is, from 0 to ``DEPTHS``, and says it in words as well."""

    text: str
    depth: int


DEPTHS = 6
Cell = str | Shaded | Markup


def html_table(
    caption: str, headers: Sequence[str], rows: Sequence[Sequence[Cell]], *, texts: int = 1, most: int = MOST_ROWS
) -> Markup:
    """A table whose first column names the row and whose first ``texts`` columns are texts; the others are numbers."""
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(_class(place, texts), header) for place, header in enumerate(headers)
    )
    body = Markup("").join(_row(row, texts) for row in rows[:most])
    more = _more(len(rows) - most, len(headers)) if len(rows) > most else Markup("")
    return Markup(
        '<div class="scroll" tabindex="0" role="group" aria-label="{}"><table><caption>{}</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}{}</tbody></table></div>"
    ).format(caption, caption, head, body, more)


def _row(cells: Sequence[Cell], texts: int) -> Markup:
    first = Markup('<th scope="row">{}</th>').format(cells[0] if not isinstance(cells[0], Shaded) else cells[0].text)
    others = (_cell(cell, place, texts) for place, cell in enumerate(cells[1:], 1))
    return Markup("<tr>{}{}</tr>").format(first, Markup("").join(others))


def _cell(cell: Cell, place: int, texts: int) -> Markup:
    if isinstance(cell, Shaded):
        return Markup('<td class="n d{}">{}</td>').format(max(0, min(DEPTHS, cell.depth)), cell.text)
    return Markup("<td{}>{}</td>").format(_class(place, texts), cell)


def _class(place: int, texts: int) -> Markup:
    return Markup(' class="n"') if place >= texts else Markup("")


def _more(rows: int, columns: int) -> Markup:
    return Markup('<tr><td colspan="{}">and {} more</td></tr>').format(columns, f"{rows:,}")
