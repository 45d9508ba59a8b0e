"""What would move a customer's predictive scores across the thresholds that segments and campaigns compare them with.

Other rules are answered in ``counterfactuals.py``, where a score is a column like any other; here is what is behind the score.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.features.catalog import behaviour_columns
from segmentation_pipeline.models.predictions.columns import within
from segmentation_pipeline.models.registry import Registered
from segmentation_pipeline.rules.thresholds import Threshold, thresholds
from segmentation_pipeline.segmentations.counterfactuals import relative_change
from segmentation_pipeline.segmentations.explanation import shown
from segmentation_pipeline.segmentations.kinds.base import SegmentationKind
from segmentation_pipeline.segmentations.score_crossings import Crossing, score_crossings

TOLD = 5
"""Of so many features, those that would have to move least, it is told."""


@dataclass(frozen=True, slots=True)
class ScoreCounterfactual:
    """The customer's ``score``, the ``threshold`` it is held against and by whom, and the single changes that carry it across,
    the smallest first; none where no feature does alone."""

    score: float
    threshold: Threshold
    compared_by: tuple[str, ...]
    crossings: tuple[Crossing, ...]

    def words(self) -> tuple[str, ...]:
        """What would move it, a line per change."""
        if not self.crossings:
            return ("no single change of behaviour within what is usual carries it across",)
        return tuple(
            f"with {each.column} of {shown(each.after)} instead of {shown(each.before)} it would be {shown(each.score)}"
            for each in self.crossings[:TOLD]
        )


def score_counterfactuals(
    config: Config,
    segmentations: Mapping[str, SegmentationKind],
    row: Mapping[str, object],
    registered: Registered,
    as_of: date,
) -> list[ScoreCounterfactual]:
    """Of every border that a rule of ``segmentations`` or a campaign draws through a predictive model that scored the customer.

    ``row`` is the customer's row of ``customer_profile``, ``registered`` has the champions of its day, ``as_of``.
    """
    ends = {name: ("", *map(within, asked.period_ends[:-1])) for name, asked in config.predictions.items()}
    scores = {name + end: (name, end) for name, of_model in ends.items() for end in of_model}
    found: dict[Threshold, list[str]] = {}
    for by, rule in _rules(config, segmentations):
        for threshold in thresholds(rule):
            if threshold.column in scores and row.get(threshold.column) is not None:
                found.setdefault(threshold.border, []).append(by)
    return [
        ScoreCounterfactual(
            cast(float, row[threshold.column]),
            threshold,
            tuple(dict.fromkeys(by)),
            _crossings(config, threshold, row, registered(model), end, as_of),
        )
        for threshold, by in found.items()
        for model, end in (scores[threshold.column],)
    ]


def _rules(config: Config, segmentations: Mapping[str, SegmentationKind]) -> Iterator[tuple[str, str]]:
    """Who asks, and the rule."""
    for name, segmentation in segmentations.items():
        for segment in segmentation.rules():
            yield f"segment {segment.name} of {name}", segment.when
    for name, campaign in config.campaigns.items():
        yield f"campaign {name}", campaign.audience
        if campaign.depends_on is not None and campaign.depends_on.rule is not None:
            yield f"campaign {name}", campaign.depends_on.rule


def _crossings(
    config: Config, threshold: Threshold, row: Mapping[str, object], parameters: Mapping[str, Any], end: str, as_of: date
) -> tuple[Crossing, ...]:
    # With them comes scikit-learn, which a project without predictive models does without.
    from segmentation_pipeline.models.predictions.drift import Distribution
    from segmentation_pipeline.models.predictions.forecasters import forecaster_of

    holds = threshold.holds(cast(float, row[threshold.column]))
    found = score_crossings(
        forecaster_of(parameters["model"]),
        [Distribution.from_parameters(each) for each in parameters["judged"]],
        row,
        behaviour_columns(config),
        lambda tried: threshold.holds(tried) != holds,
        end,
    )
    return tuple(sorted(found, key=lambda each: relative_change(each.before, each.after, as_of)))
