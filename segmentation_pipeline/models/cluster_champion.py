"""Which cluster model scores the customers of a day: the champion of the days before, or a challenger fitted now.

The registry is an input: a day depends on the champion of the newest earlier day that was published,
and on no later one.  With ``refit: independent`` it depends on no other day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, cast

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import ClustersConfig
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.cluster_identity import Transition, beginnings, overlap, with_identity
from segmentation_pipeline.models.cluster_model import BANDS, ClusterModel
from segmentation_pipeline.models.clusters import Sample, fit_quality, fit_sample, read_sample, settings_of
from segmentation_pipeline.models.registry import parameters_of


@dataclass(frozen=True, slots=True)
class Past:
    """The champion of the newest earlier day: its registry row, the model, and when a fit was last tried."""

    row: Mapping[str, Any]
    champion: ClusterModel
    tried: date


@dataclass(frozen=True, slots=True)
class Contest:
    """``champion`` scores the day; ``kept`` is its row when it is an earlier day's.  ``challenger``: who did not win,
    with the reason as its note.  ``changes``: what became of the clusters when a new champion took over."""

    champion: ClusterModel
    kept: Mapping[str, Any] | None = None
    challenger: ClusterModel | None = None
    changes: Sequence[Transition] = ()


def past_of(engine: Engine, registry: ir.Table, model: str, as_of: date) -> Past | None:
    """What ``registry``, of published days, knows of ``model`` before ``as_of``; None when nothing that can be used."""
    earlier = registry.filter(registry.model == model, registry.as_of < as_of)
    [found] = engine.rows(earlier.agg(newest=earlier.as_of.max(), tried=earlier.trained_to.max()))
    if found["newest"] is None:
        return None
    [row] = engine.rows(earlier.filter(earlier.as_of == cast(date, found["newest"]), earlier.is_champion))
    parameters = parameters_of(row)
    if "known" not in parameters:  # fitted before clusters had an identity
        return None
    return Past(row, ClusterModel.from_parameters(parameters), cast(date, found["tried"]))


def contest(
    engine: Engine,
    features: ir.Table,
    past: Past | None,
    wanted: Sequence[str],
    config: ClustersConfig,
    salt: str,
    as_of: date,
) -> Contest:
    """The cluster model of ``as_of``.

    Between refits the champion stays, unless it is the one cluster of too few customers.  A challenger
    takes over when it is stable and better than the champion on the same customers by the criterion's
    margin; also when the configuration of the model is another now.  Clusters it shares with the
    champion keep their ids and names.
    """
    if config.refit == "independent":
        past = None
    same = past is not None and past.champion.settings == settings_of(config, wanted)
    if past and same and not past.champion.is_single and not _is_due(config.refit, past.tried, as_of):
        return Contest(past.champion, past.row)
    sample = read_sample(engine, features, wanted, config, salt)
    challenger = fit_sample(sample, wanted, config)
    if past is None:
        return Contest(challenger, changes=beginnings(engine, features, challenger))
    if same and past.champion.is_single and challenger.is_single:
        return Contest(past.champion, past.row)
    if same and (reason := _refusal(past.champion, challenger, sample, config.min_stability)):
        note = "; ".join(filter(None, (challenger.note, f"{reason}: the champion of {past.row['trained_to']} stays")))
        return Contest(past.champion, past.row, replace(challenger, note=note))
    can_be_scored = {feature.name for feature in past.champion.features} <= set(features.columns)
    shared = overlap(engine, features, past.champion, challenger) if can_be_scored else {}
    champion, changes = with_identity(past.champion, challenger, shared)
    return Contest(champion, changes=changes)


def _is_due(refit: str, tried: date, as_of: date) -> bool:
    """Whether the period of ``as_of`` has begun since the last try."""
    starts = {"daily": as_of, "weekly": as_of - timedelta(days=as_of.weekday()), "monthly": as_of.replace(day=1)}
    return tried < starts[refit]


def _refusal(champion: ClusterModel, challenger: ClusterModel, sample: Sample, min_stability: float) -> str | None:
    """Why the challenger may not take over; None when it may."""
    if challenger.is_single:
        return "no ground for more than one cluster"
    if champion.is_single:
        return None
    stability = challenger.metrics["stability"]
    if stability is not None and stability < min_stability:
        return f"stability {stability:.2f} is below {min_stability:g}"
    if champion.types and not challenger.types:
        return f"its clusters are {BANDS}"
    seen = challenger.points(sample.columns)
    old, new = (fit_quality(model, sample, seen) for model in (champion, challenger))
    shape = challenger.shape
    if new - old <= shape.as_good:
        return f"{shape.criterion} {new:.6g} is not more than {shape.as_good:g} above the champion's {old:.6g}"
    return None
