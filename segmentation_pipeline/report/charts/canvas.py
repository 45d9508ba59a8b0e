"""What charts are drawn on: marks by class, so that the page's style sheet colours them in the light, in the dark and on paper.

Classes: ``m`` a mark, ``o`` the other mark, outlined, ``w`` a warning, ``a`` an axis, ``r`` a line to compare with, ``t`` a
text, ``f`` a faint one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

from segmentation_pipeline.svg import escaped, number, width_of

_SIZE = 13
"""A point more than texts have: typefaces of systems differ, and none may be cut off."""
LONGEST = 30
"""Letters of a label; a longer one is cut here and stands whole in the table of numbers."""


def label(text: str, most: int = LONGEST) -> str:
    """The text, cut where it is too long.

    >>> label("low_average_order_value_high_discount_share", 12)
    'low_average…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


@dataclass
class Canvas:
    """The marks of a chart of ``width`` by ``height`` points, from the upper left corner."""

    width: float
    height: float
    marks: list[str] = field(default_factory=list)

    def rectangle(self, x: float, y: float, width: float, height: float, kind: str = "m") -> None:
        place = f'x="{number(x)}" y="{number(y)}" width="{number(max(width, 0))}" height="{number(max(height, 0))}"'
        self.marks.append(f'<rect class="{kind}" {place}/>')

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str = "a") -> None:
        place = f'x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"'
        self.marks.append(f'<line class="{kind}" {place}/>')

    def curve(self, points: list[tuple[float, float]], kind: str = "m") -> None:
        told = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        self.marks.append(f'<polyline class="c {kind}" points="{told}"/>')

    def dot(self, x: float, y: float, kind: str = "m", radius: float = 4.5) -> None:
        self.marks.append(f'<circle class="{kind}" cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"/>')

    def path(self, commands: str, kind: str) -> None:
        self.marks.append(f'<path class="{kind}" d="{commands}"/>')

    def text(self, x: float, y: float, text: str, anchor: str = "start", kind: str = "t") -> None:
        self.marks.append(f'<text class="{kind}" x="{number(x)}" y="{number(y)}" text-anchor="{anchor}">{escaped(text)}</text>')

    def svg(self, title: str) -> Markup:
        """The picture, which is named by ``title`` where it is heard instead of seen."""
        width, height = number(self.width), number(self.height)
        named = escaped(title)
        return Markup(  # every text in it was escaped when it was drawn
            f'<div class="scroll" tabindex="0" role="group" aria-label="{named}"><svg role="img" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}"><title>{named}</title>{"".join(self.marks)}</svg></div>'
        )


def room_for(texts: list[str], least: float = 0.0) -> float:
    """Points that labels need."""
    return max(width_of(texts, _SIZE), least)
