"""The people a campaign contacted whose days are over: what was known of them before, and whether they ordered after."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import PredictiveModel
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.engine.hash_sampling import bounded_sample, drawn_part
from segmentation_pipeline.features.past import features_as_of
from segmentation_pipeline.models.predictions.design import frame_columns
from segmentation_pipeline.models.predictions.outcomes import OUTCOME
from segmentation_pipeline.models.predictions.rows import Rows, with_groups
from segmentation_pipeline.models.predictions.who import declared_groups, learnt_from
from segmentation_pipeline.models.score_model import TrainingData

MOST_DAYS = 12
"""Each day costs its features: the days on which most people were contacted teach."""
JUDGED, CALIBRATION = 0.3, 0.25
"""Of all people the least share that judges, and of the earlier ones the least share to calibrate on."""
PARTS = {"training": 0.5, "calibration": 0.2, "judged": 0.3}
"""Of people, where days do not part them."""
_PART = "_part"


@dataclass(frozen=True, slots=True)
class Contacted:
    """People whose orders count from one day on, and how many they are."""

    counts_from: date
    people: int


@dataclass(frozen=True, slots=True)
class Split:
    """The days to learn from, to calibrate on and to judge by, each group after the days of the one before are over."""

    training: tuple[date, ...]
    calibration: tuple[date, ...]
    judged: tuple[date, ...]


def split(days: Sequence[Contacted], horizon_days: int) -> Split | None:
    """``days`` in order of time, parted so that what is learnt was known before what is judged; None where they are too close.

    >>> found = split([Contacted(date(2026, month, 1), 100) for month in range(1, 7)], 30)
    >>> [day.month for day in found.training], [day.month for day in found.calibration], [day.month for day in found.judged]
    ([1, 2, 3], [4], [5, 6])
    """
    judged = _latest(days, JUDGED)
    before = _over_before(days, judged, horizon_days)
    calibration = _latest(before, CALIBRATION)
    training = _over_before(before, calibration, horizon_days)
    parts = [tuple(each.counts_from for each in part) for part in (training, calibration, judged)]
    return Split(*parts) if all(parts) else None


def contacted_people(data: TrainingData, asked: PredictiveModel) -> ir.Table | None:
    """``customer_id`` and ``counts_from`` of those the campaign contacted and whose days are over; None where nobody tells."""
    if data.drawn is None or asked.campaign is None:
        return None
    config, drawn = data.config, data.drawn
    key = config.campaign_key(asked.campaign) if asked.campaign in config.campaigns else asked.campaign
    last = data.training.as_of - timedelta(days=asked.horizon_days - 1)
    rows = drawn.filter(drawn.campaign_key == key, drawn.contacted, drawn.counts_from <= ibis.literal(last))
    return rows.select("customer_id", "counts_from")


def days_of(data: TrainingData, people: ir.Table) -> list[Contacted]:
    """The days on which most were contacted, in order of time."""
    counted = people.group_by("counts_from").agg(people=people.count())
    most = data.engine.rows(counted.order_by(counted.people.desc(), counted.counts_from.desc()).limit(MOST_DAYS))
    return sorted((Contacted(row["counts_from"], int(row["people"])) for row in most), key=lambda each: each.counts_from)


def rows_of(
    data: TrainingData, asked: PredictiveModel, columns: Sequence[Column], people: ir.Table, days: Sequence[date]
) -> dict[str, Rows]:
    """By part (``drawn_part`` of people, the same on every day) a row per person for whom the rule of who is scored held."""
    engine, config = data.engine, data.config
    sample = bounded_sample(people, "customer_id", config.privacy.salt, asked.sample_size, engine.count(people))
    with engine.staged(sample) as chosen:
        found = [_of_day(data, asked, columns, chosen, day) for day in days]
    return {name: Rows.joined([each[name] for each in found]) for name in PARTS}


def _of_day(
    data: TrainingData, asked: PredictiveModel, columns: Sequence[Column], people: ir.Table, day: date
) -> dict[str, Rows]:
    engine, config, evening = data.engine, data.config, day - timedelta(days=1)
    rule, groups = learnt_from(config, asked), declared_groups(config)
    with ExitStack() as held:
        of_day = held.enter_context(engine.staged(people.filter(people.counts_from == ibis.literal(day)).select("customer_id")))
        names = {*rule.columns, *(column.name for column in columns)}
        features = features_as_of(engine, config, evening, of_day, held, names)
        known = features.filter(rule.bind(features, evening))
        part = drawn_part(known.customer_id, f"{config.privacy.salt}|response", PARTS)
        read = held.enter_context(engine.staged(known.select("customer_id", **frame_columns(known, columns), **{_PART: part})))
        last = day + timedelta(days=asked.horizon_days - 1)
        inside = data.orders.filter(data.orders.event_date.between(ibis.literal(day), ibis.literal(last)))
        ordered = inside.select(of_customer="customer_id").distinct()
        joined = read.left_join(ordered, read.customer_id == ordered.of_customer)
        rows = joined.mutate(**{OUTCOME: joined.of_customer.notnull().ifelse(1.0, 0.0)}).drop("of_customer")
        whole = held.enter_context(engine.staged(with_groups(engine, config, rows)))
        parts = {name: whole.filter(whole[_PART] == ibis.literal(name)).drop(_PART) for name in PARTS}
        return {name: Rows.read(engine, table, columns, groups) for name, table in parts.items()}


def _latest(days: Sequence[Contacted], share: float) -> list[Contacted]:
    """The last days that have at least the share of all people together."""
    wanted, found = share * sum(each.people for each in days), list[Contacted]()
    for each in reversed(days):
        if sum(one.people for one in found) >= wanted:
            break
        found.insert(0, each)
    return found


def _over_before(days: Sequence[Contacted], later: Sequence[Contacted], horizon_days: int) -> list[Contacted]:
    """Those whose horizon is over before the first of the ``later`` days."""
    if not later:
        return []
    return [each for each in days if each.counts_from + timedelta(days=horizon_days) <= later[0].counts_from]
