"""Do the columns a campaign chooses by tell a group that it may not choose by?

A small tree on a bounded sample, fitted on one half and judged on the other: the share of pairs, one of the group and one not,
that it puts in the right order (AUC; 0.5 = no better than chance).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import ibis.expr.types as ir
import numpy as np

from segmentation_pipeline.campaigns.fairness import FEWEST
from segmentation_pipeline.config.schema import Campaign
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.hash_sampling import bounded_sample, in_half, sampling_hash

TELLS = 0.7
"""From here on columns tell a group well enough to be told of."""
SAMPLE_SIZE = 10_000
_MOST_WORDS = 20
"""The most values of a text that are told apart; rarer ones are one."""


def columns_of(campaign: Campaign, profile: Collection[str]) -> tuple[str, ...]:
    """The columns of the profile a campaign chooses by: those its rule names, and the one it ranks by."""
    words = [*re.findall("[a-z][a-z0-9_]*", campaign.audience), campaign.rank_by]
    return tuple(dict.fromkeys(word for word in words if word in profile and word != "customer_id"))


def auc_by_group(
    engine: Engine, profile: ir.Table, groups: ir.Table, attribute: str, columns: Sequence[str], salt: str
) -> dict[str, float | None]:
    """By group of ``attribute`` how well ``columns`` of ``profile`` tell who is in it; None where there are too few to tell.

    ``groups`` has ``customer_id`` and the attribute.  The same rows give the same figures, in whatever order.
    """
    known = groups.filter(groups[attribute].notnull()).select("customer_id", _group=groups[attribute])
    people = profile.select("customer_id", *columns).inner_join(known, "customer_id")
    people = people.select("customer_id", "_group", *columns)
    sampled = bounded_sample(people, "customer_id", f"{salt}|fairness", SAMPLE_SIZE, engine.count(people))
    order = sampling_hash(sampled.customer_id, f"{salt}|fairness order")
    drawn = sampled.mutate(_half=in_half(sampled.customer_id, f"{salt}|fairness", 0), _order=order).order_by("_order")
    rows = engine.rows(drawn.select("_group", "_half", **{name: _readable(drawn[name]) for name in columns}))
    if not rows or not columns:
        return {}
    known_by = np.column_stack([part for name in columns for part in _numbers([row[name] for row in rows])])
    half = np.array([row["_half"] for row in rows], dtype=bool)
    labels = np.array([row["_group"] for row in rows], dtype=object)
    return {str(group): _auc(known_by, labels == group, half) for group in sorted(set(labels))}


def _readable(value: ir.Value) -> ir.Value:
    """Days as numbers and truth values as words, so that a column is of numbers or of words."""
    kind = value.type()
    if kind.is_date() or kind.is_timestamp():
        return _day_number(value)
    if kind.is_boolean():
        return value.cast("string")
    return value.cast("float64") if kind.is_numeric() else value.cast("string")


def _day_number(value: ir.Value) -> ir.Value:
    """A number that grows with the day, which is all a tree asks of it."""
    day = value.cast("date")
    return (day.year() * 372 + day.month() * 31 + day.day()).cast("float64")


def _numbers(values: Sequence[object]) -> list[np.ndarray]:
    """A column as numbers: unknown is a value of its own, words are a column each."""
    if all(value is None or isinstance(value, float) for value in values):
        read = np.array([np.nan if value is None else value for value in values], dtype=float)
        unknown = ~np.isfinite(read)
        return [np.where(unknown, 0.0, read), unknown.astype(float)]
    counted: dict[str, int] = {}
    for value in values:
        counted[str(value)] = counted.get(str(value), 0) + 1
    words = sorted(counted, key=lambda word: (-counted[word], word))[:_MOST_WORDS]
    return [np.array([str(value) == word for value in values], dtype=float) for word in words]


def _auc(known_by: np.ndarray, is_group: np.ndarray, half: np.ndarray) -> float | None:
    fewest = 2 * FEWEST // 5  # in each half, nearly half of the fewest
    if any(min(is_group[part].sum(), (~is_group[part]).sum()) < fewest for part in (half, ~half)):
        return None
    from sklearn.metrics import roc_auc_score
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=4, min_samples_leaf=20, random_state=0)
    tree.fit(known_by[half], is_group[half])
    return round(float(roc_auc_score(is_group[~half], tree.predict_proba(known_by[~half])[:, 1])), 6)


def told(proxies: Mapping[tuple[str, str, str], float | None]) -> list[tuple[str, str, str, float]]:
    """The campaigns, attributes and groups that columns tell, with the AUC."""
    return [(*place, auc) for place, auc in sorted(proxies.items()) if auc is not None and auc > TELLS]
