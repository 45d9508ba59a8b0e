"""Do the items of a construct measure one thing?  Cronbach's alpha from sums the engine makes.

Cronbach, "Coefficient alpha and the internal structure of tests" (1951).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from math import sqrt
from operator import and_

import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from segmentation_pipeline.config.schema import ConstructConfig
from segmentation_pipeline.contracts.constructs import CONSTRUCT_RELIABILITY_COLUMNS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features.survey import answer_column

_EXACT = "decimal(18, 4)"
_WIDE = "decimal(38, 4)"
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of a construct: ``respondents`` answered every item.

    ``alpha`` is Cronbach's.  Per item, in order: ``item_total``, the correlation with the sum of the *other*
    items, and ``alpha_without``, alpha if the item were left out.  None where it is not defined: fewer than
    two items (three for ``alpha_without``) or respondents, or answers that do not differ.
    """

    respondents: int
    alpha: float | None
    item_total: tuple[float | None, ...]
    alpha_without: tuple[float | None, ...]


def reliability(engine: Engine, answers: ir.Table, items: Sequence[str], reversed_items: Sequence[str]) -> Reliability:
    """The reliability of the number columns ``items``; a row of ``answers`` is a respondent, null is no answer.

    Summed as decimals of four places, so equal answers give equal digits in whatever order they are met.
    """
    complete = answers.filter(reduce(and_, (answers[item].notnull() for item in items)))
    exact = complete.select(**{item: complete[item].cast(_EXACT) for item in items})
    pairs = [(a, b) for place, a in enumerate(items) for b in items[place:]]
    [sums] = engine.rows(
        exact.agg(
            respondents=exact.count(),
            **{f"s{items.index(item)}": exact[item].sum() for item in items},
            **{f"p{items.index(a)}_{items.index(b)}": (exact[a].cast(_WIDE) * exact[b]).sum() for a, b in pairs},
        )
    )
    respondents = int(sums["respondents"])
    none = (None,) * len(items)
    if respondents < 2:
        return Reliability(respondents, None, none, none)
    covariances = _covariances(sums, len(items), respondents)
    signs = np.array([-1.0 if item in reversed_items else 1.0 for item in items])
    return reliability_of(covariances * np.outer(signs, signs), respondents)


def construct_reliability(engine: Engine, features: ir.Table, constructs: Mapping[str, ConstructConfig], as_of: date) -> ir.Table:
    """A row is an item of a construct; ``features`` has the columns of the answers."""
    rows: list[dict[str, object]] = []
    for name, construct in constructs.items():
        columns = [answer_column(item) for item in construct.items]
        found = reliability(engine, features, columns, [answer_column(item) for item in construct.reversed])
        for item, correlation, without in zip(construct.items, found.item_total, found.alpha_without, strict=True):
            rows.append(
                {
                    "as_of": as_of,
                    "construct": name,
                    "kind": construct.kind,
                    "item": item,
                    "reversed": item in construct.reversed,
                    "respondents": found.respondents,
                    "alpha": found.alpha,
                    "item_total_correlation": correlation,
                    "alpha_without": without,
                }
            )
    schema = {column.name: column.type.ibis for column in CONSTRUCT_RELIABILITY_COLUMNS}
    return engine.memtable({name: [row[name] for row in rows] for name in schema}, schema)


def reliability_of(covariances: NDArray[np.float64], respondents: int) -> Reliability:
    """The reliability of items with these covariances; every item asks in the same direction."""
    items = range(len(covariances))
    others = [[other for other in items if other != item] for item in items]
    return Reliability(
        respondents,
        _alpha(covariances),
        tuple(_correlation_with(covariances, item, others[item]) for item in items),
        tuple(_alpha(covariances[np.ix_(others[item], others[item])]) for item in items),
    )


def _covariances(sums: Mapping[str, object], items: int, respondents: int) -> NDArray[np.float64]:
    found = np.empty((items, items))
    for a in range(items):
        for b in range(a, items):
            total_a, total_b, product = (Decimal(str(sums[name])) for name in (f"s{a}", f"s{b}", f"p{a}_{b}"))
            found[a, b] = found[b, a] = float((product - total_a * total_b / respondents) / (respondents - 1))
    return found


def _alpha(covariances: NDArray[np.float64]) -> float | None:
    items, total = len(covariances), float(covariances.sum())
    if items < 2 or total <= 0.0:
        return None
    return round(items / (items - 1) * (1.0 - float(np.trace(covariances)) / total), _DIGITS)


def _correlation_with(covariances: NDArray[np.float64], item: int, others: Sequence[int]) -> float | None:
    spread = float(covariances[item, item]) * float(covariances[np.ix_(others, others)].sum())
    return round(float(covariances[item, others].sum()) / sqrt(spread), _DIGITS) if spread > 0.0 else None
