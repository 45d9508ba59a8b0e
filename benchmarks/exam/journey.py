"""The Complete Journey: 2,500 households of a grocer over a year (dunnhumby); predictive models and lists of products."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.exam import forecasts
from benchmarks.exam.projects import Registry, run_example
from benchmarks.exam.row import Gain, Row
from benchmarks.next_product import LISTS
from segmentation_pipeline.models.next_product_scores import NEXT_PRODUCT

HORIZON = 30
DATA = "Complete Journey"


def rows(engine: str) -> list[Row]:
    """Judged on the last 30 days."""
    models = forecasts.asked(HORIZON)
    with tempfile.TemporaryDirectory() as folder:
        registry = run_example(Path(folder), "complete_journey", models, engine)
    return [*forecasts.rows(DATA, registry, models), *lists(registry)]


def lists(registry: Registry) -> Iterator[Row]:
    """Lists of ten: the same for all are the favourites of all, the baseline are a customer's own most frequent products."""
    kind, told = registry[NEXT_PRODUCT.name]
    judged = int(told["judged_customers"])
    for measure, label in (("recall", "recall of ten"), ("ndcg", "nDCG of ten")):
        blend, own, favourites = (told[prefix + measure] for prefix in LISTS.values())
        gain = Gain(told["ndcg_gain"], told["ndcg_gain_low"], told["ndcg_gain_high"]) if measure == "ndcg" else None
        name = f"next product, {HORIZON} days"
        yield Row(DATA, name, label, judged, blend, favourites, own, gain=gain, published=kind)
