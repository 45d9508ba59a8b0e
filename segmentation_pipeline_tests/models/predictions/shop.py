"""A shop whose customers buy at rhythms of their own and leave, and its days in one store with a registry that goes on."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import ibis
import numpy as np

from segmentation_pipeline.config.schema import Config, PredictiveModel
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.identity.canonical import rows_by_customer
from segmentation_pipeline.models.prediction_scores import PREDICTIONS
from segmentation_pipeline.models.registry import ModelVersion, Training, registry_row
from segmentation_pipeline.models.score_model import Scoring, TrainingData
from segmentation_pipeline_tests.clean.project import clean_all, config
from segmentation_pipeline_tests.features.project import features

FIRST, AS_OF = date(2024, 1, 1), date(2025, 3, 31)
LAPSE = {
    "predicts": "no_order",
    "horizon_days": 60,
    "cutoffs": 1,
    "for": "frequency >= 2",
    "features": ["recency_days", "frequency", "gap_mean_days", "tenure_days"],
}


def shop(customers: int) -> list[str]:
    """Customers who buy at a rhythm of their own, from once in ten days to once in half a year, and may leave for good."""
    draw, lines = np.random.default_rng(7), ["order_id,customer_id,ordered_at,amount"]
    for number in range(customers):
        gap, leaves = float(draw.choice([10, 30, 90, 180])), float(draw.choice([0.02, 0.2]))
        at = float(draw.uniform(0, 250))
        while at < (AS_OF - FIRST).days + 60:
            lines.append(f"o{len(lines)},c{number:04},{FIRST + timedelta(days=int(at))},{draw.lognormal(3, 0.5):.2f}")
            if draw.random() < leaves:
                break
            at += max(gap * float(draw.gamma(4, 0.25)), 1.0)
    return lines


def settings(**models: object) -> Config:
    asked = {name: PredictiveModel.model_validate(said) for name, said in models.items()}
    return config({"orders": {}}, quality={"max_future_days": 500}).model_copy(update={"predictions": asked})


class Shop:
    """Days of one shop in one store, with a registry that goes on."""

    def __init__(self, folder: Path) -> None:
        self.engine, self.folder = DuckDBEngine(None), folder

    def day(self, of: Config, as_of: date = AS_OF, **changed: ibis.Deferred) -> list[ModelVersion]:
        """The versions of a day, which are added to the registry; features are ``changed`` on the day alone."""
        clean_all(self.engine, self.folder, of, as_of)
        features(self.engine, of, as_of)
        orders = completed_orders(rows_by_customer(self.engine, of, "orders"), of)
        known = self.engine.table(tables.MODEL_REGISTRY) if self.engine.has(tables.MODEL_REGISTRY) else None
        customers = self.engine.table(tables.CUSTOMER_FEATURES).mutate(**changed)
        data = TrainingData(self.engine, of, customers, orders, known, Training(as_of, FIRST, "code", "data"))
        fitted = PREDICTIONS.fit(data)
        made = list(fitted.versions)
        self.drift = {row["input"]: row for row in self.engine.rows(fitted.tables[tables.MODEL_DRIFT])}
        self.groups = self.engine.rows(fitted.tables[tables.MODEL_GROUPS]) if tables.MODEL_GROUPS in fitted.tables else []
        for version in made:
            self.engine.append(tables.MODEL_REGISTRY, registry_row(self.engine, version))
        return made

    def scores(self, of: Config, versions: list[ModelVersion], as_of: date = AS_OF) -> dict[str, dict[str, object]]:
        champions = {version.model: version.parameters for version in versions if version.is_champion}
        scored = PREDICTIONS.score(
            self.engine.table(tables.CUSTOMER_FEATURES), Scoring(self.engine, of, champions.__getitem__, as_of)
        )
        names = [column.name for column in PREDICTIONS.columns(of)]
        return {str(row.pop("customer_id")): row for row in self.engine.rows(scored.select("customer_id", *names))}
