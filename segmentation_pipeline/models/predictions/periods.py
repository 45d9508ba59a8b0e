"""What a model is learnt from, calibrated on and judged by: days of which each is later, or parts of the customers of the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import ibis

from segmentation_pipeline.config.schema import PredictiveModel
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.engine.hash_sampling import drawn_part
from segmentation_pipeline.models.predictions.design import frame_columns
from segmentation_pipeline.models.predictions.outcomes import OUTCOME
from segmentation_pipeline.models.predictions.past_features import PastFeatures
from segmentation_pipeline.models.predictions.response import PARTS, contacted_people, days_of, rows_of, split
from segmentation_pipeline.models.predictions.rows import Rows, rows_on, with_groups
from segmentation_pipeline.models.predictions.who import Membership, declared_groups, learnt_from, membership
from segmentation_pipeline.models.predictions.windows import windows_of
from segmentation_pipeline.models.score_model import TrainingData


@dataclass(frozen=True, slots=True)
class Periods:
    """The rows to learn from, to calibrate on and to judge by, and the days they are of, as the registry keeps them."""

    training: Rows
    calibration: Rows
    judged: Rows
    days: Mapping[str, str | list[str]] = field(default_factory=dict)


def periods_of(data: TrainingData, asked: PredictiveModel, columns: Sequence[Column], past: PastFeatures) -> Periods | None:
    """The rows of a fit; None where there are no days: the history of orders is too short, or the campaign contacted nobody."""
    distinct = [*{column.name: column for column in columns}.values()]
    member = membership(data.config, asked)
    if asked.is_lookalike and member:
        return _of_today(data, asked, member, distinct, past)
    if asked.campaign:
        return _of_campaign(data, asked, distinct)
    windows = windows_of(data.training.as_of, asked.horizon_days, asked.embargo_days, asked.cutoffs, data.training.trained_from)
    if windows is None:
        return None
    rows = {day: rows_on(data.engine, data.config, asked, distinct, past, day) for day in windows.days}
    training = Rows.joined([rows[day] for day in windows.training])
    days: dict[str, str | list[str]] = {
        "training_days": [day.isoformat() for day in windows.training],
        "calibration_day": windows.calibration.isoformat(),
        "judged_day": windows.judged.isoformat(),
    }
    return Periods(training, rows[windows.calibration], rows[windows.judged], days)


def _of_today(
    data: TrainingData, asked: PredictiveModel, member: Membership, columns: Sequence[Column], past: PastFeatures
) -> Periods:
    engine, config, day = data.engine, data.config, data.training.as_of
    features = past.on(day, asked.sample_size)
    chosen = features.filter(learnt_from(config, asked).bind(features, day))
    is_in = member.bind(chosen, day).ifelse(1.0, 0.0)
    # Drawn apart from the sample, which a hash with the plain salt has drawn.
    part = drawn_part(chosen.customer_id, f"{config.privacy.salt}|lookalike", PARTS)
    rows = chosen.select("customer_id", **frame_columns(chosen, columns), **{OUTCOME: is_in}, _part=part)
    groups = declared_groups(config)
    with engine.staged(with_groups(engine, config, rows)) as read:
        tables = {name: read.filter(read._part == ibis.literal(name)).drop("_part") for name in PARTS}
        parts = {name: Rows.read(engine, table, columns, groups) for name, table in tables.items()}
    return Periods(parts["training"], parts["calibration"], parts["judged"])


def _of_campaign(data: TrainingData, asked: PredictiveModel, columns: Sequence[Column]) -> Periods | None:
    people = contacted_people(data, asked)
    if people is None or not (days := days_of(data, people)):
        return None
    people = people.filter(people.counts_from.isin([each.counts_from for each in days]))  # of whom the sample is
    found = split(days, asked.horizon_days)
    if found is None:
        rows = rows_of(data, asked, columns, people, [each.counts_from for each in days])
        told = {"campaign_days": [each.counts_from.isoformat() for each in days]}
        return Periods(rows["training"], rows["calibration"], rows["judged"], told)
    parts = (found.training, found.calibration, found.judged)
    training, calibration, judged = (Rows.joined([*rows_of(data, asked, columns, people, part).values()]) for part in parts)
    names = ("training_days", "calibration_days", "judged_days")
    return Periods(
        training, calibration, judged, {n: [d.isoformat() for d in part] for n, part in zip(names, parts, strict=True)}
    )
