"""A figure over the last days, as small as a word."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from segmentation_pipeline.svg import escaped, number

_WIDE, _HIGH = 90.0, 22.0


def spark(title: str, values: Sequence[float]) -> Markup:
    """A line from the first value to the last, from 0 up, with a dot at its end; nothing for fewer than two."""
    if len(values) < 2:
        return Markup("")
    most = max(values) or 1.0
    step = (_WIDE - 8) / (len(values) - 1)
    points = [(4 + place * step, _HIGH - 4 - (_HIGH - 8) * value / most) for place, value in enumerate(values)]
    told = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    x, y = points[-1]
    return Markup(  # the title is escaped, all else are numbers
        f'<svg role="img" class="spark" width="{number(_WIDE)}" height="{number(_HIGH)}" '
        f'viewBox="0 0 {number(_WIDE)} {number(_HIGH)}"><title>{escaped(title)}</title>'
        f'<polyline class="c m" points="{told}"/><circle class="m" cx="{number(x)}" cy="{number(y)}" r="3"/></svg>'
    )
