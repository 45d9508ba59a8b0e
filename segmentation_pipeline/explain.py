"""Everything one customer may ask: which segments and audiences, why, and why not."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from segmentation_pipeline.campaigns.explain import explain_customer as explain_campaigns
from segmentation_pipeline.config.schema import Campaign, Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.labels import FunnelStep
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.models.catalog import models_of
from segmentation_pipeline.models.registry import registered_on
from segmentation_pipeline.models.score_model import Scoring
from segmentation_pipeline.segmentations.assign import measured_cut_points
from segmentation_pipeline.segmentations.counterfactuals import CounterfactualSearch, find_counterfactuals
from segmentation_pipeline.segmentations.explain import explain_customer as explain_segments
from segmentation_pipeline.segmentations.explanation import Explanation
from segmentation_pipeline.segmentations.kinds import kinds_of
from segmentation_pipeline.segmentations.rule_binding import bound_rules, rule_vocabulary, stored_definitions
from segmentation_pipeline.segmentations.score_counterfactuals import ScoreCounterfactual, score_counterfactuals
from segmentation_pipeline.segmentations.unpublished import CampaignOfDay, campaign_of_day, off_segmentations, unpublished_in


@dataclass(frozen=True, slots=True)
class Story:
    """One customer as of the last run: segments with reasons, scores that rules compare, campaigns with outcomes.

    ``also`` are the ids of other customers who are the same person.
    """

    customer_id: str
    also: Sequence[str]
    as_of: date
    segments: Sequence[Explanation]
    scores: Sequence[ScoreCounterfactual]
    campaigns: Sequence[Mapping[str, object]]


def explain(engine: Engine, config: Config, customer_id: str) -> Story:
    """The story of one customer from the last run's working tables.

    Raises ``UserError`` when there was no run yet or nobody has that id.
    """
    if not engine.has(tables.CAMPAIGN_SELECTIONS):
        raise UserError("nothing to explain yet: no run has come through. Run 'segmentation run' first.")
    customer_id, also = _names(engine, config, customer_id)
    profile = engine.table(tables.CUSTOMER_PROFILE)
    found = engine.rows(profile.filter(profile.customer_id == customer_id).select("customer_id", "as_of"))
    if not found:
        raise UserError(_left_out(engine, customer_id) or _nobody(engine, customer_id))
    as_of = cast(date, found[0]["as_of"])
    assigned = engine.table(tables.ASSIGNMENTS)
    known = rule_vocabulary(config)
    columns = unpublished_in(engine, profile, config)
    kinds = kinds_of(config.segmentations)
    off = off_segmentations(kinds, columns)
    segmentations = {name: each for name, each in kinds.items() if name not in off}
    customer = profile.filter(profile.customer_id == customer_id)
    tiers = measured_cut_points(engine, profile, segmentations)
    registered = registered_on(engine, as_of)
    models = [model for model in models_of(config) if model.decision_boundaries(registered)]
    search = CounterfactualSearch(segmentations, known, as_of, tiers, models, Scoring(engine, config, registered, as_of))
    [row] = engine.rows(customer)
    segments = explain_segments(
        engine,
        customer,
        engine.rows(assigned.filter(assigned.customer_id == customer_id))[0],
        segmentations,
        stored_definitions(engine),
        bound_rules(config, as_of),
        lambda text: known.parse(text).columns,
        find_counterfactuals(engine, customer, search),
        {name: each.notes(row, registered) for name, each in segmentations.items()},
    )
    told = {each.segmentation: each for each in segments} | {name: Explanation(name, (), (why,)) for name, why in off.items()}
    of_day = {name: _as_run(campaign_of_day(campaign, columns, off, as_of)) for name, campaign in config.campaigns.items()}
    campaigns = explain_campaigns(engine, engine.table(tables.CAMPAIGN_SELECTIONS), of_day, customer_id)
    scores = score_counterfactuals(config, segmentations, row, registered, as_of)
    return Story(customer_id, also, as_of, [told[name] for name in config.segmentations if name in told], scores, campaigns)


def _as_run(of_day: CampaignOfDay) -> Campaign:
    """The campaign; where it was off, the reason stands for the rule."""
    off = of_day.notes.get(FunnelStep.RULE)
    return of_day.campaign.model_copy(update={"audience": off}) if off else of_day.campaign


def _names(engine: Engine, config: Config, customer_id: str) -> tuple[str, list[str]]:
    """The id the customer goes by, and those of the customers that were merged into it."""
    if not config.has("identities"):
        return customer_id, []
    identity = engine.table(tables.CUSTOMER_IDENTITY)
    merged = engine.rows(identity.filter(identity.customer_id == customer_id))
    canonical = str(merged[0]["canonical_customer_id"]) if merged else customer_id
    others = identity.filter(identity.canonical_customer_id == canonical).select("customer_id").order_by("customer_id")
    return canonical, [str(row["customer_id"]) for row in engine.rows(others)]


def _left_out(engine: Engine, customer_id: str) -> str | None:
    excluded = engine.table(tables.EXCLUDED_CUSTOMERS)
    for row in engine.rows(excluded.filter(excluded.customer_id == customer_id)):
        return f"customer '{customer_id}' has no segment and no audience: {row['reason']}."
    return None


def _nobody(engine: Engine, customer_id: str) -> str:
    profile = engine.table(tables.CUSTOMER_PROFILE)
    alike = profile.filter(profile.customer_id.lower().contains(customer_id.strip().lower()[:6])).select("customer_id").limit(200)
    near = difflib.get_close_matches(customer_id, [str(row["customer_id"]) for row in engine.rows(alike)], n=3, cutoff=0.5)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    return f"no customer '{customer_id}' as of the last run.{hint} Look ids up in customer_profile of the published file."
