"""Customer lifetime value as a model: the forecast of purchases that foretold later periods best, times the value of an order.

Belongs here: what the rest of the program asks.  The mathematics is in ``clv.py`` and what it puts together, which are
imported where they are used: a configuration loads without SciPy.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.labels import ClvModelKind
from segmentation_pipeline.contracts.scores import CLV_COLUMNS, FORECASTS, NOT_CREDIBLE
from segmentation_pipeline.models.registry import Registered
from segmentation_pipeline.models.score_model import Fitted, Outcome, ScoreModel, Scoring, Summary, TrainingData, Validation

if TYPE_CHECKING:
    from segmentation_pipeline.models.forecast_error import ForecastErrors

_UNTESTED = (NOT_CREDIBLE, ClvModelKind.PARETO_NBD_PRIOR)
"""Kinds that have foretold nothing better than a dull model."""


class ClvScores(ScoreModel):
    name = "clv"
    table = tables.CLV_SCORES
    description = "Probability to be alive, expected orders and lifetime value, by the model that foretold later periods best."
    validated_by = "credible"

    def columns(self, config: Config) -> tuple[Column, ...]:
        return CLV_COLUMNS

    def reads(self, config: Config) -> tuple[str, ...]:
        return (
            "order_days",
            "recency_days",
            "tenure_days",
            "first_order_date",
            "last_order_date",
            "monetary",
            "gap_mean_days",
            "gap_std_days",
        )

    def fit(self, data: TrainingData) -> Fitted:
        from segmentation_pipeline.models.calibration import calibration_table
        from segmentation_pipeline.models.clv_fit import fit_clv

        settings, salt = data.config.pipeline.models.clv, data.config.privacy.salt
        made = fit_clv(data.engine, data.features, data.orders, data.training.as_of, settings, salt)
        version = data.training.version
        reads, parameters = self.reads(data.config), made.to_parameters()
        fitted = version(self.name, made.kind, reads, parameters, made.training_rows, made.metrics, made.note)
        calibration = calibration_table(data.engine, fitted.as_of, self.name, fitted.version, made.calibration)
        return Fitted([fitted], {tables.MODEL_CALIBRATION: calibration})

    def score(self, customers: ir.Table, scoring: Scoring) -> ir.Table:
        from segmentation_pipeline.models.clv import ClvModel, with_forecasts

        model = ClvModel.from_parameters(scoring.registered(self.name))
        return with_forecasts(scoring.engine, customers, model, scoring.as_of)

    def forecast_errors(self, registered: Registered) -> ForecastErrors | None:
        """How far sums of the day's forecasts may be from what comes; None where no model is credible."""
        from segmentation_pipeline.models.clv import forecast_errors

        return forecast_errors(registered(self.name))

    def unpublished(self, config: Config, registered: Registered) -> frozenset[str]:
        return frozenset(FORECASTS) if registered(self.name)["purchases"]["kind"] == NOT_CREDIBLE else frozenset()

    def validations(self, config: Config) -> tuple[Validation, ...]:
        return (
            Validation(
                name="clv_credible",
                version=self.name,
                expectation="model_credible",
                description="a model of purchases must have foretold the last periods of the history better than if all "
                "customers were alike",
                catches="Lifetime values nobody could test. With too little history they are drawn towards what is typical of "
                "shops (pareto_nbd_prior) and their intervals are wide. Where they would be noise "
                f"{', '.join(FORECASTS)} are empty, segmentations that read them are off, and campaigns that rank by them rank "
                "by monetary.",
                outcome=_is_credible,
            ),
        )

    def summary(self, scores: ir.Table, scoring: Scoring) -> Summary:
        engine = scoring.engine
        known = scores.filter(scores.p_alive.notnull())
        band = (known.p_alive * 10).floor().clip(upper=9).cast("int64")
        grouped = known.group_by(band=band).agg(
            rows=known.count(), clv=known.clv.sum(), likely_alive=(known.p_alive >= 0.5).sum()
        )
        bands = [(int(row["band"]), row) for row in engine.rows(grouped.order_by("band"))]
        sizes = [(f"{band / 10:.1f}-{band / 10 + 0.1:.1f}", float(row["rows"])) for band, row in bands]
        return Summary(
            engine.count(scores),
            {
                "model": scoring.registered(self.name)["purchases"]["kind"],
                "expected revenue in the horizon": str(sum((Decimal(str(row["clv"])) for _, row in bands), Decimal(0))),
                "customers likely alive": sum(int(row["likely_alive"]) for _, row in bands),
            },
            {"customers by probability to be alive": sizes} if sizes else {},
        )


def _is_credible(champion: Mapping[str, Any], customers: int) -> Outcome:
    kind = str(champion["kind"])
    return Outcome(kind not in _UNTESTED or not customers, kind, str(champion["note"]))


CLV = ClvScores()
