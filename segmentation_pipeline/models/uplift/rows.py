"""The people a campaign has drawn whose days are over, with what was known of them before and whether they ordered after."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np

from segmentation_pipeline.config.schema import Config, UpliftEntry
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.engine.hash_sampling import in_sample
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.features.past import features_as_of
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.predictions.design import frame_columns
from segmentation_pipeline.models.score_model import TrainingData
from segmentation_pipeline.models.uplift.people import JUDGED_SHARE, People, shares
from segmentation_pipeline.rules.parse import Predicate, parse_rule

_KEY = "customer_id"
_OWN = (_KEY, "contacted", "others", "ordered")


@dataclass(frozen=True, slots=True)
class Wave:
    """The first day whose orders count for people drawn together, and how many were contacted and kept out."""

    counts_from: date
    contacted: int
    kept_out: int

    @property
    def known_on(self) -> date:
        """The day at whose end features are looked at: the last before an order counts."""
        return self.counts_from - timedelta(days=1)


def who(config: Config, asked: UpliftEntry) -> Predicate:
    """The rule of who is scored, over features."""
    return parse_rule(asked.for_, feature_columns(config))


def people_drawn(data: TrainingData, asked: UpliftEntry) -> ir.Table | None:
    """Of the campaign's people those whose ``horizon_days`` are over at the end of the day: ``customer_id``, ``counts_from`` and
    ``contacted`` (whether the message was meant for them); None where nobody tells who was drawn."""
    if data.drawn is None:
        return None
    key = data.config.campaign_key(asked.campaign) if asked.campaign in data.config.campaigns else asked.campaign
    last = data.training.as_of - timedelta(days=asked.horizon_days - 1)
    rows = data.drawn.filter(data.drawn.campaign_key == key, data.drawn.counts_from <= ibis.literal(last))
    if asked.arms:
        rows = rows.filter(rows.arm.isin([*asked.arms, Arm.HOLDOUT.value]))
    return rows.select(_KEY, "counts_from", contacted=rows.arm != Arm.HOLDOUT.value)


def waves_of(data: TrainingData, asked: UpliftEntry, drawn: ir.Table) -> list[Wave]:
    """The days on which most people were drawn, of those that have both arms, the earliest first."""
    days = drawn.group_by("counts_from").agg(
        contacted=drawn.contacted.cast("int64").sum(), kept_out=(~drawn.contacted).cast("int64").sum()
    )
    rows = data.engine.rows(days.filter(days.contacted > 0, days.kept_out > 0))
    found = [Wave(row["counts_from"], int(row["contacted"]), int(row["kept_out"])) for row in rows]
    largest = sorted(found, key=lambda wave: (-(wave.contacted + wave.kept_out), -wave.counts_from.toordinal()))[: asked.waves]
    return sorted(largest, key=lambda wave: wave.counts_from)


def people(data: TrainingData, asked: UpliftEntry, columns: Sequence[Column]) -> tuple[People, list[Wave]]:
    """The people to learn from and to judge by, and the days on which they were drawn.

    Of many a sample, as many as possible of either arm: those kept out are few, and tell as much as all others together.
    """
    drawn = people_drawn(data, asked)
    waves = [] if drawn is None else waves_of(data, asked, drawn)
    if drawn is None or not waves:
        return _nobody(columns), []
    half = asked.sample_size / 2.0
    kept_out, contacted = (sum(getattr(wave, name) for wave in waves) for name in ("kept_out", "contacted"))
    room = {True: asked.sample_size - min(kept_out, half), False: asked.sample_size - min(contacted, half)}
    salt = f"{data.config.privacy.salt}|uplift"
    sampled = {is_contacted: drawn.filter(drawn.contacted == is_contacted) for is_contacted in room}
    chosen = ibis.union(
        *(
            rows.filter(in_sample(rows[_KEY], salt, min(room[is_contacted] / (contacted if is_contacted else kept_out), 1.0)))
            for is_contacted, rows in sampled.items()
        )
    )
    chosen = chosen.mutate(others=in_sample(chosen[_KEY], f"{salt}|judged", JUDGED_SHARE))
    with data.engine.staged(chosen) as sample:
        parts = [_of_wave(data, asked, columns, sample, wave) for wave in waves]
    return _joined(columns, parts), waves


def _of_wave(
    data: TrainingData, asked: UpliftEntry, columns: Sequence[Column], sample: ir.Table, wave: Wave
) -> dict[str, np.ndarray]:
    """A row per person drawn on the day for whom the rule of who is scored held the day before, by customer."""
    engine, config, day = data.engine, data.config, wave.known_on
    rule = who(config, asked)
    with ExitStack() as held:
        drawn = held.enter_context(engine.staged(sample.filter(sample.counts_from == ibis.literal(wave.counts_from))))
        names = {*rule.columns, *(column.name for column in columns)}
        features = features_as_of(engine, config, day, drawn.select(_KEY), held, names)
        known = features.filter(rule.bind(features, day))
        read = held.enter_context(engine.staged(known.select(_KEY, **frame_columns(known, columns))))
        orders = data.orders
        last = wave.counts_from + timedelta(days=asked.horizon_days - 1)
        inside = orders.filter(orders.event_date.between(ibis.literal(wave.counts_from), ibis.literal(last)))
        ordered = inside.select(of_customer=_KEY).distinct()
        people = read.inner_join(drawn, _KEY)
        joined = people.left_join(ordered, people[_KEY] == ordered.of_customer)
        flags = {name: joined[name].cast("int8").cast("float64") for name in ("contacted", "others")}
        happened = joined.of_customer.notnull().cast("int8").cast("float64")
        found = arrays(engine, joined.select(_KEY, *(column.name for column in columns), **flags, ordered=happened))
    order = np.argsort(found[_KEY].astype(str), kind="stable")
    return {name: values[order] for name, values in found.items()}


def _joined(columns: Sequence[Column], parts: Sequence[dict[str, np.ndarray]]) -> People:
    merged = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    wave = np.repeat(np.arange(len(parts)), [len(part[_KEY]) for part in parts])
    contacted = merged["contacted"].astype(float)
    return People(
        {column.name: merged[column.name] for column in columns},
        contacted,
        merged["ordered"].astype(float),
        shares(contacted, wave),
        wave,
        merged["others"].astype(float) > 0,
    )


def _nobody(columns: Sequence[Column]) -> People:
    nothing = np.empty(0)
    frame = {column.name: nothing for column in columns}
    return People(frame, nothing, nothing, nothing, np.empty(0, dtype=np.int64), np.empty(0, dtype=bool))
