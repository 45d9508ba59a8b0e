"""What is off on a day on which no model stands behind some columns: segmentations that read them, and campaigns.

Where a score is not credible it is null for everybody.  A tier of nulls is empty, but a rule may put people where they do
not belong for want of a score, and "not in gold" would be everybody.  So whatever reads such a column is off as a whole
and says why; a ranking by one falls back to what customers have brought.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Campaign, Config, RuleSegment
from segmentation_pipeline.contracts.labels import FunnelStep
from segmentation_pipeline.contracts.scores import FORECASTS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.rules.dependencies import dependencies, levels
from segmentation_pipeline.rules.lexer import read_words
from segmentation_pipeline.segmentations.kinds.base import SegmentationKind
from segmentation_pipeline.segmentations.kinds.rules import RulesSegmentation

RANKED_INSTEAD = "monetary"
"""By what campaigns rank whose own column is null for everybody."""
_NEVER = "false"


@dataclass(frozen=True, slots=True)
class CampaignOfDay:
    """A campaign as it is run on the day, by step of the funnel what is to be said of that, and the response measured on
    days before where its value reads it (None = not known)."""

    campaign: Campaign
    notes: Mapping[FunnelStep, str]
    response: float | None = None


def unpublished_in(engine: Engine, profile: ir.Table, config: Config) -> frozenset[str]:
    """The forecasts that nobody in ``customer_profile`` has."""
    forecasts = {"clv_model": FORECASTS} | {name: (name, f"{name}_reason") for name in config.predictions}
    forecasts |= {name: (name, f"{name}_group") for name in config.uplift}
    there = [name for name in forecasts if name in profile.columns]
    if not there:
        return frozenset()
    [known] = engine.rows(profile.agg(**{name: profile[name].count() for name in there}))
    return frozenset(column for name in there if not known[name] for column in forecasts[name])


def off_segmentations(segmentations: Mapping[str, SegmentationKind], columns: Collection[str]) -> dict[str, str]:
    """Why each segmentation that reads one of ``columns``, itself or through others, is off."""
    if not columns:
        return {}
    graph, off = dependencies(segmentations), {}
    for level in levels(segmentations):
        for name in level:
            read = {*segmentations[name].columns_read(), *_names([s.when for s in segmentations[name].rules()])}
            if found := sorted(read & set(columns)):
                off[name] = f"off: it reads {', '.join(found)}, of which no model is credible on this day"
            elif others := [other for other in graph[name] if other in off]:
                off[name] = f"off: it reads {', '.join(others)}, and {others[0]} is off on this day"
    return {name: off[name] for name in segmentations if name in off}


def segmentations_of_day(segmentations: Mapping[str, SegmentationKind], off: Mapping[str, str]) -> dict[str, SegmentationKind]:
    """The segmentations; of those that are ``off`` the segments are there and nobody is in them."""
    return {name: _empty(name, segmentations) if name in off else each for name, each in segmentations.items()}


def campaign_of_day(campaign: Campaign, columns: Collection[str], off: Mapping[str, str], day: date) -> CampaignOfDay:
    """The campaign as it is on ``day``, without what ``columns`` and the segmentations that are ``off`` would have told.

    Before it starts and after it ends it reaches nobody, nor does one whose audience is told by them; one that only ranks by
    them ranks by ``RANKED_INSTEAD``; the value of one that is calculated from them is not known.
    """
    notes: dict[FunnelStep, str] = {}
    changed: dict[str, object] = {}
    step = campaign.depends_on
    rules = [campaign.audience, *([step.rule] if step is not None and step.rule is not None else [])]
    if not campaign.runs_on(day):
        changed["audience"] = _NEVER
        over = campaign.ends is not None and campaign.ends < day
        notes[FunnelStep.RULE] = f"the campaign ended on {campaign.ends}" if over else f"the campaign starts on {campaign.starts}"
    elif read := sorted(_names(rules) & {*columns, *off}):
        changed["audience"] = _NEVER
        notes[FunnelStep.RULE] = f"off on this day: the audience reads {', '.join(read)}, of which no model is credible"
    if campaign.rank_by in columns:
        changed["rank_by"] = RANKED_INSTEAD
        notes[FunnelStep.LIMIT] = f"ranked by {RANKED_INSTEAD}, for no model of {campaign.rank_by} is credible on this day"
    if campaign.value is not None and (read := sorted(_names([campaign.value]) & {*columns, *off})):
        changed |= {"value": None, "value_assumption": ""}
        notes[FunnelStep.LOST_TO] = f"its value reads {', '.join(read)}, of which no model is credible on this day: not known"
    return CampaignOfDay(campaign.model_copy(update=changed), notes)


def _names(rules: Collection[str]) -> set[str]:
    return {name.lower() for rule in rules for name in read_words(rule).names}


def _empty(name: str, segmentations: Mapping[str, SegmentationKind]) -> RulesSegmentation:
    own = segmentations[name]
    segments = segmentations[name].segment_names(segmentations) or ("none",)
    return RulesSegmentation(
        kind="rules",
        title=own.title,
        description=own.description,
        owner=own.owner,
        key=own.key,
        formerly=own.formerly,
        exclusive=own.is_exclusive,
        segments=tuple(RuleSegment(name=segment, when=_NEVER) for segment in segments),
    )
