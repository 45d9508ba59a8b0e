"""``python -m benchmarks.next_product [PROJECT]``: how well lists of products foretell what was bought on later days.

Prints, per horizon, recall and nDCG of the blend that did best in the period before, of a customer's own most frequent products
and of the favourites of all, for products bought before and new ones apart: on the last period, which no choice has seen.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.clean.accept import clean_source
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.build import completed_orders, sold_lines
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.models.next_product import FAVOURITES, NextProduct, fit_next_product
from segmentation_pipeline.models.next_product_scores import NEXT_PRODUCT
from segmentation_pipeline.project.load import load_project
from segmentation_pipeline.recommendations.purchases import purchases
from segmentation_pipeline.settings import Settings

JOURNEY = Path(__file__).parents[1] / "examples" / "complete_journey"
NEEDED = ("products", "order_items", "orders")
MEASURES = ("recall", "ndcg", "recall_repeat", "recall_new")
LISTS = {"best blend": "", "own most frequent": "own_most_frequent_", "favourites of all": f"{FAVOURITES}_"}
console = Console(width=150, highlight=False)


def main(project: Annotated[Path, typer.Argument()] = JOURNEY, horizons: Annotated[str, typer.Option()] = "7,30") -> None:
    settings = Settings(project.resolve())
    config = load_project(settings)
    with tempfile.TemporaryDirectory() as folder:
        engine = DuckDBEngine(Path(folder) / "warehouse.duckdb", config.pipeline.engine, Path(folder))
        try:
            _clean(engine, settings.root, config)
            for days in map(int, horizons.split(",")):
                console.print(_shown(days, _fitted(engine, config, days)))
        finally:
            engine.close()


def _clean(engine: DuckDBEngine, root: Path, config: Config) -> None:
    as_of, changes = config.pipeline.run.as_of, ChangeSet()
    assert as_of is not None, "the project says no day to run: run.as_of in pipeline.yaml"
    for name in (each for each in config.cleaning_order if each in NEEDED):
        if not config.sources[name].derive_from:
            load_source(engine, root, name, config.sources[name], as_of, changes)
        clean_source(engine, name, config, as_of, changes)


def _fitted(engine: DuckDBEngine, config: Config, days: int) -> NextProduct:
    as_of = config.pipeline.run.as_of
    assert as_of is not None
    settings = NEXT_PRODUCT.settings(config).model_copy(update={"horizon_days": days})
    orders = completed_orders(engine.table(tables.clean("orders")), config)
    products = engine.table(tables.clean("products")) if config.has("products") else None
    with engine.staged(purchases(orders, sold_lines(engine.table(tables.clean("order_items"))), as_of)) as bought:
        return fit_next_product(engine, bought, products, as_of, settings, config.privacy.salt)


def _shown(days: int, made: NextProduct) -> Table:
    table = Table("list", *MEASURES, title=f"{made.customers:,} customers, the last {days} days: {made.kind} {made.blend}")
    for title, prefix in LISTS.items():
        values = (made.metrics.get(prefix + measure) for measure in MEASURES)
        table.add_row(title, *("-" if value is None else f"{value:.4f}" for value in values))
    low, high = (made.metrics.get(f"ndcg_gain_{end}") for end in ("low", "high"))
    gain = made.metrics.get("ndcg_gain")
    table.caption = f"nDCG of the blend less that of own most frequent: {gain} [{low}, {high}] {made.note}"
    return table


if __name__ == "__main__":
    typer.run(main)
