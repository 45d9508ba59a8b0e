"""The RFM scores as a model: quintiles of recency, frequency and monetary value, and the named segment."""

from __future__ import annotations

from decimal import Decimal

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.scores import RFM_COLUMNS
from segmentation_pipeline.models.registry import Registered
from segmentation_pipeline.models.rfm import RfmCuts, fit_rfm, with_rfm
from segmentation_pipeline.models.score_model import Fitted, ScoreModel, Scoring, Summary, TrainingData, sizes_of
from segmentation_pipeline.rules.decision_boundaries import DecisionBoundaries


class RfmScores(ScoreModel):
    name = "rfm"
    table = tables.RFM_SCORES
    description = "Recency, frequency and monetary scores 1 to 5, equal values equal scores, and the named segment."

    def columns(self, config: Config) -> tuple[Column, ...]:
        return RFM_COLUMNS

    def reads(self, config: Config) -> tuple[str, ...]:
        return ("recency_days", "frequency", "monetary")

    def fit(self, data: TrainingData) -> Fitted:
        cuts = fit_rfm(data.engine, data.features)
        buyers = data.engine.count(data.features.filter(data.features.frequency > 0))
        reads = self.reads(data.config)
        return Fitted([data.training.version(self.name, "quintiles", reads, cuts.to_parameters(), buyers, {})])

    def score(self, customers: ir.Table, scoring: Scoring) -> ir.Table:
        return with_rfm(customers, RfmCuts.from_parameters(scoring.registered(self.name)))

    def decision_boundaries(self, registered: Registered) -> tuple[DecisionBoundaries, ...]:
        cuts = RfmCuts.from_parameters(registered(self.name))
        by_column = {"recency_days": cuts.recency, "frequency": cuts.frequency, "monetary": cuts.monetary}
        return tuple(DecisionBoundaries((name,), tuple(Decimal(repr(cut)) for cut in of_it)) for name, of_it in by_column.items())

    def summary(self, scores: ir.Table, scoring: Scoring) -> Summary:
        sizes = sizes_of(scoring.engine, scores, "rfm_segment")
        return Summary(int(sum(size for _, size in sizes)), sizes={"customers by rfm segment": sizes})


RFM = RfmScores()
