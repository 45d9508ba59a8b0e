"""Unusual change as a model: a customer's latest weeks against the customer's own history, and what changed in words.

Belongs here: what the rest of the program asks.  What is expected is in ``unusual_change/``, imported where it is used.
"""

from __future__ import annotations

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.identity.canonical import tables_by_customer
from segmentation_pipeline.models.score_model import Fitted, ScoreModel, Scoring, Summary, TrainingData
from segmentation_pipeline.models.unusual_change.events import events_by_metric, metrics
from segmentation_pipeline.models.unusual_change.settings import UnusualChangeConfig

TEXT, P = "unusual_change", "unusual_change_p"
_SHORT = "the history since the customer's first event is too short"


class UnusualChangeScores(ScoreModel):
    name = "unusual_change"
    table = tables.UNUSUAL_CHANGE_SCORES
    description = "Whether a customer's latest weeks are unlike the customer's earlier ones, and how likely that is by chance."
    keys = UnusualChangeConfig

    def columns(self, config: Config) -> tuple[Column, ...]:
        settings = self.settings(config)
        return (
            Column(
                TEXT,
                Type.TEXT,
                f"What changed most in the last {settings.window_days} days against the customer's own history, beyond what "
                "changed for everybody: for example 'orders fell from 4.2 to 0 a month'.",
                null_means=f"nothing that stands out among all customers, or {_SHORT}",
            ),
            Column(
                P,
                Type.NUMBER,
                "How likely so large and sudden a change of any metric is by chance, all metrics of the customer considered.",
                "probability 0-1",
                _SHORT,
                minimum=0,
                maximum=1,
            ),
        )

    def reads(self, config: Config) -> tuple[str, ...]:
        return ()

    def fitted_on(self, config: Config) -> tuple[str, ...]:
        return tuple(tables_by_customer(config, *metrics(config).values()))

    def scored_with(self, config: Config) -> tuple[str, ...]:
        return self.fitted_on(config)

    def fit(self, data: TrainingData) -> Fitted:
        from segmentation_pipeline.models.unusual_change.fit import fit_change

        settings, as_of = self.settings(data.config), data.training.as_of
        made = fit_change(data.engine, events_by_metric(data.engine, data.config), data.features, as_of, settings)
        parameters = {**made.model.to_parameters(), "settings": settings.model_dump(mode="json")}
        kind = "own_history" if made.compared else "silent"
        metrics_of_day = {"compared_customers": float(made.compared), "changed_customers": float(made.changed)}
        version = data.training.version
        return Fitted([version(self.name, kind, (), parameters, made.compared, metrics_of_day, made.note)])

    def score(self, customers: ir.Table, scoring: Scoring) -> ir.Table:
        from segmentation_pipeline.models.unusual_change.customers import ChangeModel, with_change
        from segmentation_pipeline.models.unusual_change.windows import by_customer, by_window

        settings = self.settings(scoring.config)
        events = events_by_metric(scoring.engine, scoring.config)
        windows = {name: by_customer(by_window(table, scoring.as_of, settings)) for name, table in events.items()}
        return with_change(customers, windows, ChangeModel.from_parameters(scoring.registered(self.name)), settings, TEXT, P)

    def summary(self, scores: ir.Table, scoring: Scoring) -> Summary:
        changed = scores.filter(scores[TEXT].notnull())
        return Summary(scoring.engine.count(scores), {"customers who changed": scoring.engine.count(changed)})


UNUSUAL_CHANGE = UnusualChangeScores()
