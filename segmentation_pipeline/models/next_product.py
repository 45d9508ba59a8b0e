"""Which way of recommending is published: the blend that did best on an earlier period, where it then beats a customer's own
most frequent products on a later one.

Belongs here: choice and judgement.  What a list holds is in ``recommendations``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from math import log2
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.hash_sampling import bounded_sample
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.intervals import mean_interval
from segmentation_pipeline.recommendations.associations import product_associations
from segmentation_pipeline.recommendations.candidates import HalfLife, candidates, habit
from segmentation_pipeline.recommendations.purchases import sold_products
from segmentation_pipeline.recommendations.ranking import OWN_MOST_FREQUENT, Blend, blended, ranked
from segmentation_pipeline.recommendations.settings import NextProductConfig

HALF_LIVES: tuple[HalfLife, ...] = (None, 30, 90)
NEW_WEIGHTS = (0.0, 0.2, 0.5)
NOT_DUE_WEIGHTS = (1.0, 0.5)
BLENDS = tuple(Blend(*weights) for weights in product(HALF_LIVES, NEW_WEIGHTS, NOT_DUE_WEIGHTS))
"""What is tried.  The first is a customer's own most frequent products."""
FAVOURITES = "favourites"
"""The dullest list: what most persons buy, the same for everybody."""
_PARTS = 1_000_000_000

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NextProduct:
    """``blend`` ranks the lists; ``kind`` is 'blend' or 'own_most_frequent', ``note`` says why it is not a blend."""

    blend: Blend
    customers: int = 0
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    note: str = ""

    @property
    def kind(self) -> str:
        return "own_most_frequent" if self.blend == OWN_MOST_FREQUENT else "blend"


@dataclass(frozen=True, slots=True)
class Judged:
    """By name of a list and customer, in one order: recall and nDCG, and the recall of products bought before and of new ones
    (NaN where the customer bought none such)."""

    recall: Mapping[str, Vector]
    ndcg: Mapping[str, Vector]
    recall_repeat: Mapping[str, Vector]
    recall_new: Mapping[str, Vector]

    @property
    def customers(self) -> int:
        return len(next(iter(self.recall.values())))


def fit_next_product(
    engine: Engine, bought: ir.Table, products: ir.Table | None, as_of: date, settings: NextProductConfig, salt: str
) -> NextProduct:
    """The blend with the best nDCG in the horizon before the last, judged on the last; it must beat own most frequent products
    there, the lower end of the 95 % interval of the paired difference above 0, or those are what is published.

    ``bought`` are purchases up to ``as_of``.  Sparse data never raises: then own most frequent products are published and
    ``note`` says so.
    """
    horizon = timedelta(days=settings.horizon_days)
    cuts = as_of - 2 * horizon, as_of - horizon
    judged = [engine.count(came_again(bought, cut, settings)) for cut in cuts]
    if min(judged) < settings.min_customers:
        return NextProduct(OWN_MOST_FREQUENT, note=_too_few(min(judged), settings))
    by_name = {f"blend_{n}": blend for n, blend in enumerate(BLENDS)}
    own = "blend_0"
    earlier = judge(engine, bought, products, cuts[0], settings, salt, by_name)
    best = max(by_name, key=lambda name: (round(float(earlier.ndcg[name].mean()), 9), -BLENDS.index(by_name[name])))
    tried = {name: by_name[name] for name in dict.fromkeys((own, best))}
    last = judge(engine, bought, products, cuts[1], settings, salt, {**tried, FAVOURITES: None})
    mean, low, high = paired_interval(last.ndcg[best] - last.ndcg[own])
    metrics = _metrics(last, {"": best, "own_most_frequent_": own, f"{FAVOURITES}_": FAVOURITES})
    metrics |= {"ndcg_gain": mean, "ndcg_gain_low": low, "ndcg_gain_high": high, "judged_customers": last.customers}
    if best == own or low <= 0:
        why = "no blend did better before" if best == own else f"the best blend gains {mean:.4f} nDCG [{low:.4f}, {high:.4f}]"
        note = f"own most frequent products are published: {why}"
        return NextProduct(OWN_MOST_FREQUENT, last.customers, metrics, note)
    return NextProduct(by_name[best], last.customers, metrics)


def came_again(bought: ir.Table, cut: date, settings: NextProductConfig) -> ir.Table:
    """The customers with purchases up to ``cut`` and in the horizon after it."""
    before = bought.filter(bought.day <= cut)
    return _after(bought, cut, settings).semi_join(before, "customer_id").select("customer_id").distinct()


def _after(bought: ir.Table, cut: date, settings: NextProductConfig) -> ir.Table:
    return bought.filter(bought.day > cut, bought.day <= cut + timedelta(days=settings.horizon_days))


def judge(
    engine: Engine,
    bought: ir.Table,
    products: ir.Table | None,
    cut: date,
    settings: NextProductConfig,
    salt: str,
    lists: Mapping[str, Blend | None],
) -> Judged:
    """How well lists of the end of ``cut`` foretell what was bought in the ``horizon_days`` after it.

    Judged are those who ``came_again``, a sample of them.  ``lists`` are blends by name; None is
    the list of favourites of all.
    """
    before, after = bought.filter(bought.day <= cut), _after(bought, cut, settings)
    everybody = came_again(bought, cut, settings)
    sample = bounded_sample(everybody, "customer_id", salt, settings.judged_customers, engine.count(everybody))
    with engine.staged(sample) as judged:
        sold = sold_products(before, products, cut, settings.sold_within_days)
        with engine.staged(sold) as sold, product_associations(engine, before, sold, cut, settings, salt) as pairs:
            half_lives = tuple(dict.fromkeys(blend.half_life for blend in lists.values() if blend))
            found = candidates(before.semi_join(judged, "customer_id"), pairs, sold, cut, settings, half_lives)
            with engine.staged(found) as found:
                every = _lists(engine, lists)
                short = ranked(_scored(found, every, half_lives), settings.list_size, "list")
                columns = arrays(engine, _hits(before, after.semi_join(judged, "customer_id"), short, every, settings.list_size))
    return _judged(columns, lists)


def _hits(before: ir.Table, after: ir.Table, short: ir.Table, every: ir.Table, size: int) -> ir.Table:
    """One row per list and customer: what was bought, what of it the list had, its discounted gain and the highest there is."""
    owned = before.select("customer_id", "product_id").distinct().mutate(was_bought=ibis.literal(True))
    truth = after.select("customer_id", "product_id").distinct()
    truth = truth.left_join(owned, ["customer_id", "product_id"]).drop("customer_id_right", "product_id_right")
    truth = truth.mutate(is_repeat=truth.was_bought.fill_null(False)).drop("was_bought")
    hit = short.select("list", "customer_id", "product_id", "rank").join(truth, ["customer_id", "product_id"])
    gain = ibis.cases(*((hit["rank"] == n, round(_PARTS / log2(n + 1))) for n in range(1, size + 1)), else_=0)
    hits = hit.group_by("list", "customer_id").agg(
        gain=gain.sum(), repeat_hits=hit.is_repeat.sum(), new_hits=(~hit.is_repeat).sum()
    )
    sums = truth.group_by("customer_id").agg(repeat=truth.is_repeat.sum(), new=(~truth.is_repeat).sum())
    rows = sums.cross_join(every.select("list"))
    rows = rows.left_join(hits, ["list", "customer_id"]).drop("list_right", "customer_id_right")
    counts = {name: rows[name].fill_null(0) for name in ("repeat", "new", "gain", "repeat_hits", "new_hits")}
    return rows.select("list", "customer_id", **counts, size=ibis.literal(size))


def _lists(engine: Engine, lists: Mapping[str, Blend | None]) -> ir.Table:
    """A row per list with its weights, so that however many there are, one query ranks them."""
    blends = [blend or OWN_MOST_FREQUENT for blend in lists.values()]
    columns: dict[str, list[object]] = {
        "list": [*lists],
        "is_favourites": [blend is None for blend in lists.values()],
        "half_life": [blend.half_life or 0 for blend in blends],
        "new_weight": [blend.new_weight for blend in blends],
        "not_due_weight": [blend.not_due_weight for blend in blends],
    }
    kinds = ("string", "boolean", "int64", "float64", "float64")
    return engine.memtable(columns, dict(zip(columns, kinds, strict=True)))


def _scored(found: ir.Table, every: ir.Table, half_lives: Sequence[HalfLife]) -> ir.Table:
    """The candidates with the score of each list of ``every``; favourites of all are ranked by their place alone."""
    rows = found.cross_join(every)
    own = ibis.cases(*((rows.half_life == (each or 0), rows[habit(each)]) for each in half_lives))
    score = blended(rows, own, rows.new_weight, rows.not_due_weight)
    return rows.select(
        "customer_id",
        "product_id",
        "favourite",
        "list",
        recency=rows.is_favourites.ifelse(ibis.null(found.recency.type()), rows.recency),
        score=rows.is_favourites.ifelse(-rows.favourite.cast("float64"), score),
    )


def _judged(columns: Mapping[str, NDArray[Any]], lists: Mapping[str, Blend | None]) -> Judged:
    order = np.lexsort([columns["customer_id"].astype(str), columns["list"].astype(str)])
    of = {name: values[order] for name, values in columns.items()}
    of |= {name: of[name].astype(np.int64) for name in ("repeat", "new", "gain", "repeat_hits", "new_hits", "size")}
    gains = np.concatenate([[0], np.cumsum([round(_PARTS / log2(n + 1)) for n in range(1, int(of["size"][0]) + 1)])])
    bought = of["repeat"] + of["new"]
    with np.errstate(invalid="ignore", divide="ignore"):
        each = {
            "recall": (of["repeat_hits"] + of["new_hits"]) / bought,
            "ndcg": of["gain"] / gains[np.minimum(bought, len(gains) - 1)],
            "recall_repeat": of["repeat_hits"] / of["repeat"],
            "recall_new": of["new_hits"] / of["new"],
        }
    return Judged(**{name: {one: values[of["list"] == one] for one in lists} for name, values in each.items()})


def paired_interval(differences: Vector) -> tuple[float, float, float]:
    """The mean of the customers' differences and its 95 % interval."""
    mean, low, high = (round(value, 6) for value in mean_interval(differences))
    return mean, low, high


def _metrics(judged: Judged, names: Mapping[str, str]) -> dict[str, float | None]:
    """By prefix and measure the mean over the customers who bought what it is of; None where nobody did."""
    found: dict[str, float | None] = {}
    for prefix, name in names.items():
        for measure in ("recall", "ndcg", "recall_repeat", "recall_new"):
            values = getattr(judged, measure)[name]
            known = values[~np.isnan(values)]
            found[prefix + measure] = round(float(known.mean()), 6) if len(known) else None
    return found


def _too_few(customers: int, settings: NextProductConfig) -> str:
    return (
        f"own most frequent products are published, for no list could be judged: {customers} customers bought again within "
        f"{settings.horizon_days} days, at least {settings.min_customers} needed, in each of the last two such periods"
    )
