"""Names for clusters, made of what sets each apart from the average customer."""

from __future__ import annotations

from collections.abc import Collection, Sequence

NOTABLE = 0.5
"""Standard deviations from the average from which a feature is worth a place in the name."""


def name_clusters(centres: Sequence[Sequence[float]], features: Sequence[str], taken: Collection[str] = ()) -> tuple[str, ...]:
    """One name per centre, all different and none of ``taken``, such as ``high_frequency_low_recency_days``.

    ``centres`` are in standard deviations from the average.  A name takes the one or two largest
    notable differences, and more only to tell two clusters apart; without any it is ``near_average``.
    Words stand in the order of ``features``, so that a name does not change when two nearly equal
    differences change places.

    >>> name_clusters([(1.8, -0.9), (-0.7, 0.4)], ["frequency", "recency_days"])
    ('high_frequency_low_recency_days', 'low_frequency')
    """
    names: list[str] = []
    for centre in centres:
        ranked = sorted(zip(centre, features, strict=True), key=lambda pair: (-abs(pair[0]), pair[1]))
        words = {feature: f"{'high' if value > 0 else 'low'}_{feature}" for value, feature in ranked}
        notable = sum(abs(value) >= NOTABLE for value in centre)
        shortest = min(2, notable)
        chosen = [[feature for _, feature in ranked[:used]] for used in range(shortest, len(words) + 1)]
        candidates = ["_".join(words[name] for name in features if name in some) or "near_average" for some in chosen]
        candidates += [f"{candidates[0]}_{number}" for number in range(2, len(centres) + len(taken) + 2)]
        names.append(next(name for name in candidates if name not in names and name not in taken))
    return tuple(names)
