"""Names for classes of respondents, made of what each has more of than the average respondent."""

from __future__ import annotations

from collections.abc import Sequence

NOTABLE = 0.5
"""Standard deviations from the average from which a construct is worth a place in the name."""


def name_classes(centres: Sequence[Sequence[float]], constructs: Sequence[str]) -> tuple[str, ...]:
    """One name per class, all different, such as ``high_price``.

    ``centres`` are mean scores in standard deviations from the average.  A name takes the construct that is
    highest, or, where none is notably high, the one that is lowest, and more only to tell two classes apart.
    One word is steadier than two: constructs are often opposites, and which of two nearly equal differences
    is larger may change overnight.

    >>> name_classes([(1.1, -1.2), (-0.9, 1.0), (-0.8, -0.7), (0.2, 0.1)], ["price", "quality"])
    ('high_price', 'high_quality', 'low_price', 'near_average')
    """
    names: list[str] = []
    for centre in centres:
        notable = [(value, name) for value, name in zip(centre, constructs, strict=True) if abs(value) >= NOTABLE]
        ranked = sorted(notable, key=lambda pair: (pair[0] < 0.0, -abs(pair[0]), pair[1]))
        words = [f"{'high' if value > 0 else 'low'}_{name}" for value, name in ranked]
        candidates = ["_".join(words[:used]) for used in range(1, len(words) + 1)] or ["near_average"]
        candidates += [f"{candidates[0]}_{number}" for number in range(2, len(centres) + 1)]
        names.append(next(name for name in candidates if name not in names))
    return tuple(names)
