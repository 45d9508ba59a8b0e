"""Uplift as a model: whom the message of a campaign changes, by ``uplift`` of ``models.yaml``.

Belongs here: what the rest of the program asks.  Fitting is in ``uplift/``, imported where it is used: a configuration loads
without scikit-learn.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config, UpliftEntry
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.labels import UpliftGroup
from segmentation_pipeline.contracts.scores import NOT_CREDIBLE
from segmentation_pipeline.features.past import tables_read
from segmentation_pipeline.models.learnable import learnable
from segmentation_pipeline.models.registry import ModelVersion, Registered
from segmentation_pipeline.models.score_model import (
    Fitted,
    Outcome,
    ScoreModel,
    Scoring,
    Sizes,
    Summary,
    TrainingData,
    Validation,
    sizes_of,
    tables_of_drawn,
)

_UNSCORED = "the rule of who is scored does not hold, or past arms do not show credibly whom the message changes"


class UpliftScores(ScoreModel):
    name = "uplift"
    table = tables.UPLIFT_SCORES
    description = "What the message of a campaign changes for a customer, and the group that puts them in."
    validated_by = "uplift_holds"

    def columns(self, config: Config) -> tuple[Column, ...]:
        return tuple(column for name, asked in config.uplift.items() for column in uplift_columns(name, asked))

    def reads(self, config: Config) -> tuple[str, ...]:
        return tuple(dict.fromkeys(read for asked in config.uplift.values() for read in _read_by(config, asked)))

    def lineage(self, config: Config) -> Mapping[str, tuple[str, ...]]:
        return {
            column.name: _read_by(config, asked)
            for name, asked in config.uplift.items()
            for column in uplift_columns(name, asked)
        }

    def fitted_on(self, config: Config) -> tuple[str, ...]:
        if not config.uplift:
            return ()
        return tuple(dict.fromkeys([*tables_read(config, self.reads(config)), *tables_of_drawn(config)]))

    def versions(self, config: Config) -> tuple[str, ...]:
        return tuple(config.uplift)

    def fit(self, data: TrainingData) -> Fitted:
        from segmentation_pipeline.models.uplift.trained import trained

        made = [trained(data, name, asked, input_names(data.config, asked)) for name, asked in data.config.uplift.items()]
        return Fitted(made, figures={title: sizes for version in made for title, sizes in _curve(version)})

    def score(self, customers: ir.Table, scoring: Scoring) -> ir.Table:
        from segmentation_pipeline.models.uplift.model import UpliftModel, with_uplift
        from segmentation_pipeline.models.uplift.rows import who

        for name, asked in scoring.config.uplift.items():
            model = scoring.registered(name)["model"]
            if model is None:
                nobody = {column.name: ibis.null(column.type.ibis) for column in uplift_columns(name, asked)}
                customers = customers.mutate(**nobody)
            else:
                holds = who(scoring.config, asked).bind(customers, scoring.as_of)
                customers = with_uplift(customers, UpliftModel.from_parameters(model), holds, name)
        return customers

    def unpublished(self, config: Config, registered: Registered) -> frozenset[str]:
        off = {name: asked for name, asked in config.uplift.items() if registered(name)["model"] is None}
        return frozenset(column.name for name, asked in off.items() for column in uplift_columns(name, asked))

    def validations(self, config: Config) -> tuple[Validation, ...]:
        return tuple(
            Validation(
                name=f"{name}_is_credible",
                version=name,
                expectation="uplift_on_other_people",
                description=f"model {name} must win more orders than people drawn by lot, among people it did not learn from",
                catches="Messages to those who would order anyway, or whom they put off, by a ranking that knows nothing.",
                outcome=_holds,
            )
            for name in config.uplift
        )

    def summary(self, scores: ir.Table, scoring: Scoring) -> Summary:
        names = [*scoring.config.uplift]
        [found] = scoring.engine.rows(scores.agg(**{name: scores[name].mean() for name in names}))
        numbers: dict[str, int | float | str] = {f"{name}: mean": round(float(found[name] or 0.0), 4) for name in names}
        customers = scoring.engine.count(scores)
        groups = {f"{name}_group": sizes_of(scoring.engine, scores, f"{name}_group") for name in names} if customers else {}
        return Summary(customers, numbers, groups)


def uplift_columns(name: str, asked: UpliftEntry) -> tuple[Column, ...]:
    """What a model of uplift adds to a customer."""
    what = f"campaign {asked.campaign}"
    return (
        Column(
            name,
            Type.NUMBER,
            f"Change in the probability of a completed order within {asked.horizon_days} days through the message of {what}; "
            "below 0 where it puts off.",
            "probability -1 to 1",
            _UNSCORED,
            minimum=-1,
            maximum=1,
        ),
        Column(
            f"{name}_group",
            Type.TEXT,
            f"By what the message of {what} changes: persuadable from {asked.least_uplift:g} on, do_not_disturb from "
            f"-{asked.least_uplift:g} down; else sure_thing for whoever is as likely to order without it as people who were kept "
            "out were on average, and lost_cause for all others.",
            null_means=_UNSCORED,
            allowed=tuple(group.value for group in UpliftGroup),
        ),
    )


def input_names(config: Config, asked: UpliftEntry) -> tuple[str, ...]:
    """The features it learns from: those named, or all that can be learnt from."""
    return learnable(config) if asked.features == "all" else asked.features


def _read_by(config: Config, asked: UpliftEntry) -> tuple[str, ...]:
    from segmentation_pipeline.models.uplift.rows import who

    return tuple(dict.fromkeys((*input_names(config, asked), *who(config, asked).columns)))


def _curve(version: ModelVersion) -> list[tuple[str, Sizes]]:
    """The further orders per hundred people when so many, the best first, get the message."""
    at = {name: value for name, value in version.metrics.items() if name.startswith("gain_at_")}
    points = [(f"{name.removeprefix('gain_at_')} %", value) for name, value in at.items() if value is not None]
    points.sort(key=lambda point: int(point[0].split()[0]))
    return [(f"{version.model}: further orders per hundred people by share written to, best first", points)] if points else []


def _holds(champion: Mapping[str, Any], customers: int) -> Outcome:
    figures = json.loads(champion["metrics"])
    won = figures.get("qini")
    told = f"{champion['kind']}, qini {won:.4f}" if won is not None else str(champion["kind"])
    return Outcome(champion["kind"] != NOT_CREDIBLE, told, str(champion["note"]) or "it is taken as it is")


UPLIFT = UpliftScores()
